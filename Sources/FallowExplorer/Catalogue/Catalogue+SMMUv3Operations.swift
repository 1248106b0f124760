// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What else is done while devices behind an SMMUv3 share: narrowing, the end
/// of a space, a split; and SMMUs with errata or that set flags.
extension Catalogue {
  static var smmuOperations: [CatalogueEntry] {
    let narrowing = Scenario.smmu().narrowingOnce
    let ending = Scenario.smmu().endingOnce
    return [
      smmu(
        "smmu-narrow-fallow", "rights go, and the SMMU forgets them",
        on: narrowing),
      smmu(
        "smmu-narrow-names-space",
        "the ASID is named, which spares what a global leaf allowed",
        own("a kernel half's leaves may be global"), .staleRight, .namesSpace,
        on: narrowing),
      smmu(
        "smmu-narrow-no-wait", "the CMD_SYNC is not waited for",
        "CVE-2020-27671 (XSA-346): the IOMMU is flushed too late", .staleRight,
        .noWait, on: narrowing),
      smmu(
        "smmu-end-fallow", "a device leaves a space, and it comes to its end",
        on: ending.withoutUnmapping),
      smmu(
        "smmu-end-keeps-context",
        "the SMMU keeps the context that leads to the root",
        "CVE-2023-34326 (XSA-442): an IOMMU that is not flushed",
        .endedWhileBound, .keepsContext, on: ending.withoutUnmapping),
      smmu(
        "smmu-split-fallow",
        "a block is split and unmapped while a device shares it",
        on: Scenario.smmu().splittingOnce.withoutLeaving),
    ]
  }

  /// SMMUs where an invalidation that races traffic may keep what it names, and
  /// those that set flags.
  static var smmuErrata: [CatalogueEntry] {
    let twice = "Linux 06b15ddcfbc0: Tegra264 wants CFGI and TLBI twice"
    let flags = own("an SMMU that updates flags writes into what it walks")
    let repeating = Scenario.smmu().on(.smmuv3.repeatingInvalidations)
    let flagging = Scenario.smmu().on(.smmuv3.setting(.leaves))
    return [
      smmu(
        "smmu-repeats-fallow",
        "an invalidation may keep what it names, and each is sent twice",
        on: repeating.repeating.withoutLeaving),
      smmu(
        "smmu-sends-once", "the same, and each is sent once", twice,
        .invalidationTooNarrow, on: repeating),
      smmu(
        "smmu-repeats-translations-alone",
        "the same, and contexts are dropped once", twice,
        .invalidationSkipped, .repeatsTranslationsAlone,
        on: repeating.repeating.byOneCPU),
      smmu(
        "smmu-repeats-at-once", "the same, and no CMD_SYNC is between", twice,
        .invalidationTooNarrow, .repeatsAtOnce, on: repeating.repeating),
      smmu(
        "smmu-flags-fallow", "the SMMU sets flags in leaves",
        on: flagging.withoutLeaving),
      smmu(
        "smmu-flag-after-free",
        "the SMMU sets a flag in a table that was given back", flags,
        .writeAfterFree, .noWait, on: flagging),
    ]
  }
}

extension Scenario {
  /// The same with a driver that sends every invalidation twice.
  fileprivate var repeating: Scenario {
    var scenario = self
    scenario.bounds.repeatsInvalidations = true
    return scenario
  }

  /// The same where CPU 0 does everything, one thing after another.
  fileprivate var byOneCPU: Scenario {
    var scenario = self
    scenario.bounds.cpus = 1
    for index in scenario.moves.indices { scenario.moves[index].actors = 1 }
    return scenario
  }

  /// CPU 0 takes the right to write away, once; nobody leaves.
  fileprivate var narrowingOnce: Scenario {
    var scenario = keepingRights
    scenario.bounds.cpus = 1
    scenario.start = .empty
    scenario.moves = [
      Move(.mapWritable, from: .empty, to: .mapped),
      Move(.narrow, from: .mapped, to: .readOnly),
      Move(.unmap, from: .readOnly, to: .over),
    ]
    return scenario
  }

  /// CPU 1 makes the device leave, and ends the space.
  fileprivate var endingOnce: Scenario {
    var scenario = self
    for index in scenario.moves.indices
    where scenario.moves[index].operation == .unbind {
      scenario.moves[index].to = .apart
      scenario.moves[index].otherwise = .bound
    }
    scenario.moves.append(Move(.end, from: .apart, to: .over, actors: 2))
    scenario.mustHappen.insert(.ended)
    return scenario
  }

  /// The same, and nothing is unmapped.
  var withoutUnmapping: Scenario {
    var scenario = self
    scenario.moves.removeAll { $0.operation == .unmap }
    scenario.mustHappen = [.walked, .invalidated]
    return scenario
  }

  /// CPU 0 splits a block, and unmaps what it was.
  var splittingOnce: Scenario {
    var scenario = self
    scenario.bounds.levels = 3
    scenario.bounds.frames = 3
    scenario.slots[0] = Slot(number: 0, firstPage: 0, pageCount: 2)
    scenario.start = .large
    scenario.moves.append(Move(.split, from: .large, to: .mapped, actors: 1))
    return scenario
  }
}
