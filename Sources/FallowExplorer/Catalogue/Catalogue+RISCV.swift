// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// The driver of the RISC-V IOMMU: a kernel half's leaves are global, and
/// commands may pass each other up to a fence.
extension Catalogue {
  /// What must be safe, and what is not.
  static var riscvDriver: [CatalogueEntry] { shipped + altered }

  private static var shipped: [CatalogueEntry] {
    [
      riscv(
        "riscv-fallow",
        "a device joins and leaves by the driver that ships, in RISC-V's "
          + "memory", on: .riscv(joins: true)),
      riscv(
        "riscv-bound-fallow", "a device that walks leaves while a table goes",
        on: .riscv()),
      riscv(
        "riscv-two-spaces-fallow", "two spaces, of which devices leave one",
        on: .riscv(pasids: 2)),
      riscv(
        "riscv-failing-fallow", "a command of the queue may time out",
        on: .riscv(failing: true)),
      riscv(
        "riscv-full-fallow",
        "the driver comes to where it last saw the IOMMU",
        on: .riscv(queueRoom: 2)),
      riscv(
        "riscv-expel-fallow",
        "a device is expelled, and the register of the queue lags behind",
        on: Scenario.riscv().expelling.withLaggingRegisters),
    ]
  }

  private static var altered: [CatalogueEntry] {
    func manual(_ section: String) -> String {
      "RISC-V IOMMU Architecture Specification 1.0, section \"\(section)\""
    }
    let translations = manual("IOMMU Page-Table cache invalidation commands")
    let directories = manual("IOMMU Directory cache invalidation commands")
    let caches = manual("Caching in-memory data structures")
    return [
      riscv(
        "riscv-names-space", "the space is named, which spares global leaves",
        translations, .staleTranslation, .namesSpace, on: .riscv()),
      riscv(
        "riscv-names-pages", "pages are named, which spares tables",
        translations, .invalidationTooNarrow, .namesPages, on: .riscv()),
      riscv(
        "riscv-valid-first", "a context is valid before its root is written",
        caches, .tornEntry, .validFirst, on: .riscv(joins: true)),
      riscv(
        "riscv-clears-root-first",
        "a context's root is cleared while it is valid", caches, .tornEntry,
        .clearsRootFirst, on: .riscv()),
      riscv(
        "riscv-keeps-context",
        "no command drops the context of a device that leaves", directories,
        .invalidationSkipped, .keepsContext, on: .riscv()),
      riscv(
        "riscv-translations-first",
        "translations are dropped before the context that leads to them",
        directories, .invalidationSkipped, .translationsFirst, on: .riscv()),
      riscv(
        "riscv-no-wait", "the fence is not waited for",
        manual("IOMMU Command-queue Fence commands"),
        .releasedBeforeCompletion, .noWait, on: .riscv()),
      riscv(
        "riscv-moves-queue", "the queue is moved before it is off",
        manual("Command-queue base (cqb)"), .forbiddenWrite, .movesQueue,
        on: Scenario.riscv().expelling.withLaggingRegisters),
      riscv(
        "riscv-switches-at-once",
        "the queue is switched on while it is being switched off",
        manual("Command-queue CSR (cqcsr)"), .forbiddenWrite, .switchesAtOnce,
        on: Scenario.riscv().expelling.withLaggingRegisters),
      riscv(
        "riscv-time-out-is-success", "a queue that stopped is taken for done",
        manual("Command-queue CSR (cqcsr)"), .failureIgnored, .ignoresErrors,
        on: .riscv(failing: true)),
    ]
  }
}

extension Scenario {
  /// A table is unmapped while a device leaves by the driver of the RISC-V
  /// IOMMU, or joins and leaves, each once.
  static func riscv(
    joins: Bool = false, failing: Bool = false, pasids: Int = 1,
    queueRoom: Int = 255
  ) -> Scenario {
    shipping(
      .riscv, joins: joins, failing: failing, pasids: pasids,
      queueRoom: queueRoom
    ).on(.riscv)
  }
}
