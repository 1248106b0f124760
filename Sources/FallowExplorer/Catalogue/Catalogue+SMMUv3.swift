// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// The driver of SMMUv3: completion is the head of the queue, a kernel half's
/// leaves are global, and an error toggles a bit.
extension Catalogue {
  /// What must be safe, and what is not.
  static var smmuDriver: [CatalogueEntry] {
    smmuShipped + smmuConfiguration + smmuTranslations + smmuErrors
      + smmuOperations + smmuErrata + breaks
  }

  private static var smmuShipped: [CatalogueEntry] {
    [
      smmu(
        "smmu-fallow",
        "a device joins and leaves by the driver that ships, in an SMMU's "
          + "memory", on: Scenario.smmu(joins: true).withoutUnmapping),
      smmu(
        "smmu-join-fallow", "a device joins while a table goes",
        on: Scenario.smmu(joins: true).withoutLeaving),
      smmu(
        "smmu-bound-fallow", "a device that walks leaves while a table goes",
        on: Scenario.smmu().withoutLeaving),
      smmu(
        "smmu-failing-fallow", "a command of the queue may not be readable",
        on: Scenario.smmu(failing: true).withoutLeaving),
      smmu(
        "smmu-full-fallow", "the driver comes to where it last saw the SMMU",
        on: Scenario.smmu(queueRoom: 1).withoutLeaving),
      smmu(
        "smmu-expel-fallow",
        "a device is expelled, and control registers lag behind",
        on: Scenario.smmu().expelling.withLaggingRegisters.withoutUnmapping),
    ]
  }

  /// Faults of contexts and streams.
  private static var smmuConfiguration: [CatalogueEntry] {
    let write =
      "Linux's arm_smmu_write_entry(): an entry is valid last, and first "
      + "not valid"
    let sync = "Linux's arm_smmu_sync_cd(): a CMD_CFGI_CD, and a CMD_SYNC"
    return [
      smmu(
        "smmu-valid-first", "a context is valid before its roots are written",
        write, .tornEntry, .validFirst, on: .smmu(joins: true)),
      smmu(
        "smmu-clears-root-first",
        "a context's root is cleared while it is valid", write, .tornEntry,
        .clearsRootFirst, on: .smmu()),
      smmu(
        "smmu-keeps-context",
        "no command drops the context of a device that leaves", sync,
        .invalidationSkipped, .keepsContext, on: .smmu()),
      smmu(
        "smmu-others-context", "a command drops another device's context",
        sync, .invalidationSkipped, .dropsOthersContext, on: .smmu()),
      smmu(
        "smmu-no-sync-between",
        "no CMD_SYNC is between a context and its translations", sync,
        .invalidationSkipped, .noSyncBetween, on: .smmu()),
      smmu(
        "smmu-translations-first",
        "translations are dropped before the context that leads to them",
        sync, .invalidationSkipped, .translationsFirst, on: .smmu()),
      smmu(
        "smmu-keeps-stream",
        "a stream that aborts stays in the configuration cache",
        "Linux's arm_smmu_sync_ste_for_sid()", .heldAtRelease,
        .keepsStream, on: .smmu().expelling),
    ]
  }

  /// Faults of what is dropped, and of its completion.
  private static var smmuTranslations: [CatalogueEntry] {
    let leaf = "Linux's arm_smmu_tlb_inv_walk(): tables want Leaf = 0"
    return [
      smmu(
        "smmu-names-space", "the ASID is named, which spares global leaves",
        own("a kernel half's leaves may be global"), .staleTranslation,
        .namesSpace, on: .smmu()),
      smmu(
        "smmu-names-other-space", "another space's ASID is named",
        own("an ASID is the context's, not the substream's number"),
        .invalidationTooNarrow, .namesOtherSpace, on: .smmu()),
      smmu(
        "smmu-leaves-only", "the command says that only leaves changed", leaf,
        .invalidationTooNarrow, .leavesOnly, on: .smmu()),
      smmu(
        "smmu-no-sync", "no CMD_SYNC is behind what is dropped",
        own("a head that passes a command does not say that it is completed"),
        .walkInFlight, .noSync, on: .smmu()),
      smmu(
        "smmu-no-wait", "the CMD_SYNC is not waited for",
        own("an invalidation that is not waited for"),
        .releasedBeforeCompletion, .noWait, on: .smmu()),
    ]
  }

  /// Faults of the queue's errors, and of registers.
  private static var smmuErrors: [CatalogueEntry] {
    let errors =
      "Linux's arm_smmu_gerror_handler() and __arm_smmu_cmdq_skip_err()"
    let control =
      "Linux's arm_smmu_write_reg_sync(): CR0 is waited for in CR0ACK"
    return [
      smmu(
        "smmu-error-is-success", "a queue that stopped is taken for done",
        errors, .failureIgnored, .ignoresErrors, on: .smmu(failing: true)),
      smmu(
        "smmu-skips-command", "the head is moved past a command that failed",
        errors, .forbiddenWrite, .skipsCommand, on: .smmu(failing: true)),
      smmu(
        "smmu-toggles-blindly",
        "an error is acknowledged that may not have come", errors,
        .forbiddenWrite, .togglesBlindly, on: .smmu(failing: true)),
      smmu(
        "smmu-moves-queue", "the queue is moved before it is off", control,
        .forbiddenWrite, .movesQueue,
        on: .smmu().expelling.withLaggingRegisters),
    ]
  }
}

extension Scenario {
  /// A table is unmapped while a device leaves by the driver of SMMUv3, or
  /// joins and leaves, each once.
  static func smmu(
    joins: Bool = false, failing: Bool = false, pasids: Int = 1,
    queueRoom: Int = 255
  ) -> Scenario {
    shipping(
      .smmuv3, joins: joins, failing: failing, pasids: pasids,
      queueRoom: queueRoom
    ).on(.smmuv3)
  }

  /// The same, and the device stays.
  var withoutLeaving: Scenario {
    var scenario = self
    scenario.moves.removeAll { $0.operation == .unbind }
    return scenario
  }

  /// The same where control registers take effect later than they are written.
  var withLaggingRegisters: Scenario {
    var scenario = self
    scenario.bounds.registersLag = true
    return scenario
  }
}
