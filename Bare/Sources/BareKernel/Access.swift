import CMachine
package import Fallow

/// How this CPU's access to a virtual address ended.
package enum Access: Equatable {
  /// It got there; a load found this.
  case done(UInt64)
  /// It faulted.
  case fault

  /// Loads 8 bytes.
  package static func load(_ address: VirtualAddress) -> Self {
    Self(machine_probe_load(address.rawValue))
  }

  /// Stores 8 bytes.
  package static func store(_ value: UInt64, to address: VirtualAddress) -> Self
  {
    Self(machine_probe_store(address.rawValue, value))
  }

  /// Whether it got there.
  package var isDone: Bool { self != .fault }

  private init(_ probe: machine_probe) {
    self = probe.fault &>> 63 != 0 ? .fault : .done(probe.value)
  }
}
