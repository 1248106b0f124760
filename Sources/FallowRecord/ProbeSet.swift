// SPDX-License-Identifier: Apache-2.0

internal import FallowRecordSystem

/// The kernel's device for kprobes by perf events
/// (Documentation/ABI/testing/sysfs-bus-event_source-devices-format).
struct ProbeDevice {
  private static let folder = "/sys/bus/event_source/devices/kprobe"

  private let type: UInt32
  private let returnBit: UInt64

  /// Finds the device.
  ///
  /// - Throws: ``RecordError/noProbes(missing:)``, or
  ///   ``RecordError/probesDisabled``.
  init() throws(RecordError) {
    let path = Self.folder + "/type"
    guard let type = SystemFile.line(path).flatMap({ UInt32($0) }) else {
      throw .noProbes(missing: path)
    }
    self.type = type
    let format = SystemFile.line(Self.folder + "/format/retprobe") ?? ""
    returnBit = format.split(separator: ":").last.flatMap { UInt64($0) } ?? 0
    if SystemFile.line("/sys/kernel/debug/kprobes/enabled") == "0" {
      throw .probesDisabled
    }
  }

  /// Sets a probe that runs `program`.
  ///
  /// - Throws: ``RecordError/refused(what:reason:)``.
  func open(
    _ address: UInt64, isReturn: Bool, _ program: Descriptor
  ) throws(RecordError) -> Descriptor {
    let number = fallow_probe_open(
      type, isReturn ? 1 << returnBit : 0, address, program.number)
    guard number >= 0 else {
      throw .refused(
        what: "a probe at 0x" + String(address, radix: 16),
        reason: SystemFile.reason)
    }
    return Descriptor(owning: number)
  }
}

/// The probes that are set, and those that the kernel refused.
struct ProbeSet {
  private var open: [Descriptor] = []
  private var placed: [ProbePlan.Probe] = []
  private var refused: [(probe: ProbePlan.Probe, reason: String)] = []

  /// Events without which a recording would be worth nothing.
  private static let required: Set<String> = ["kpt_free", "kpt_page_free"]

  /// Sets the probes.
  ///
  /// - Throws: ``RecordError/refused(what:reason:)`` if the kernel refuses a
  ///   probe for which there is no substitute.
  init(
    _ probes: [ProbePlan.Probe], _ programs: LoadedPrograms,
    _ device: ProbeDevice
  ) throws(RecordError) {
    var loaded: [String: Descriptor] = [:]
    for probe in probes {
      let program: Descriptor
      if let known = loaded[probe.program] {
        program = known
      } else {
        program = try programs.load(probe.program)
        loaded[probe.program] = program
      }
      do {
        open.append(
          try device.open(probe.address, isReturn: probe.isReturn, program))
        placed.append(probe)
      } catch {
        if let event = probe.event, Self.required.contains(event) {
          throw error
        }
        refused.append((probe, "\(error)"))
      }
    }
  }

  /// Removes the probes from the kernel.
  mutating func remove() {
    open.removeAll()
  }

  /// How many probes are set.
  var count: Int { placed.count }

  /// The headings that name the probes.
  func lines(_ symbols: KernelSymbols) -> [String] {
    func place(_ probe: ProbePlan.Probe) -> String {
      "\(probe.event ?? "place") \(symbols.place(of: probe.address))"
        + (probe.isReturn ? " return" : "")
    }
    return placed.map { "# probe " + place($0) }
      + refused.map { "# refused \(place($0.probe)): \($0.reason)" }
  }
}
