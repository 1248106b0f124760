// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Where a block and a table must not be exchanged while the entry is present:
/// AArch64 without level 2 of its break-before-make support. Devices walk too,
/// and no CPU's flush reaches what an SMMU holds.
extension Catalogue {
  private typealias Driver = SMMUv3<SteppingMachine>

  private static func split(
    _ name: String, _ what: String, _ origin: String,
    _ fault: FaultySplit<Driver>.Fault
  ) -> CatalogueEntry {
    CatalogueEntry(
      name: name, what: what, origin: origin, expected: .violation,
      oracle: .mixedSizes, scheme: "fallow", scenario: .breaking
    ) { scenario, options in
      Search(scenario, options: options) { (machine) throws(Stop) in
        let sharing = Sharing(
          driver: try machine.start(SMMUv3Manual.self, scenario.bounds))
        return FaultySplit(
          library: LibraryModel(
            Reclaimer(sharing: sharing), sharing: sharing), fault: fault)
      }.run()
    }
  }

  /// The library's split, which is refused while a device shares; and two that
  /// are wrong.
  static var breaks: [CatalogueEntry] {
    [
      smmu(
        "smmu-break-fallow",
        "a block is split with a break once no device shares it",
        on: .breaking),
      split(
        "smmu-break-cpus-alone", "the CPUs flush between break and make",
        own("a break that does not reach the devices which share"),
        .flushesCPUsAlone),
      split(
        "smmu-no-break", "the entry is present all the while",
        own("a block that is replaced without a break"), .replacesLive),
    ]
  }
}

extension Scenario {
  /// CPU 0 splits a block and unmaps it while CPU 1 makes the device leave.
  fileprivate static var breaking: Scenario {
    var scenario = Scenario.smmu().splittingOnce
    scenario.rules = .smmuv3.demandingBreaks
    // What a device could hold has gone with it before anything is retired.
    scenario.mustHappen.remove(.heldInQuarantine)
    return scenario
  }
}

/// A split with one thing done wrong, beside operations of the library.
struct FaultySplit<Driver: DeviceExpelling>: Model
where Driver.P == SteppingMachine {
  /// What is done wrong.
  enum Fault: Sendable {
    /// The break reaches the CPUs alone.
    case flushesCPUsAlone
    /// There is no break.
    case replacesLive
  }

  private typealias Format = TinyFormat<ThreeByTwoBreaking>

  let library: LibraryModel<ThreeByTwoBreaking, Reclaimer<Driver>, Driver>
  let fault: Fault

  func perform(
    _ operation: Operation, on slot: Slot
  ) throws(Stop) -> Bool {
    guard operation == .split else {
      return try library.perform(operation, on: slot)
    }
    let machine = library.space.platform
    let start = slot.range.start
    let top = Format.slot(
      for: start, in: FrameNumber(FrameName.number(0)), level: 3)
    guard let holder = try machine.table(at: top),
      let table = try machine.makeTable(for: slot)
    else { return false }
    try machine.fill(
      table.address, count: 2, first: slot.leaf, step: FrameNumber.size)
    try machine.store(2, to: .entryCount, of: table)
    let entry = Format.slot(for: start, in: holder, level: 2)
    if fault == .flushesCPUsAlone {
      _ = try machine.exchange(0, at: entry)
      try machine.flushCPUs(slot.range)
    }
    try machine.link(table, at: entry)
    return true
  }
}
