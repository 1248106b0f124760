import CMachine
import Fallow

/// How a CPU's access to a virtual address ended.
enum Access: Equatable {
  /// It got there; a load found this.
  case done(UInt64)
  /// It faulted with this error code.
  case fault(UInt64)

  /// A load of 8 bytes.
  static func load(_ address: VirtualAddress) -> Self {
    Self(machine_probe_load(address.rawValue))
  }

  /// A store of 8 bytes.
  static func store(_ value: UInt64, to address: VirtualAddress) -> Self {
    Self(machine_probe_store(address.rawValue, value))
  }

  /// No entry on the way, or one that is not present.
  static var absent: Self { .fault(0) }
  /// A store where nothing but loads are allowed.
  static var readOnly: Self { .fault(3) }
  /// A store where nothing is present.
  static var absentStore: Self { .fault(2) }

  /// Whether a store got there.
  var isDone: Bool {
    if case .done = self { true } else { false }
  }

  private init(_ probe: machine_probe) {
    let isFault = probe.fault &>> 63 != 0
    self = isFault ? .fault(probe.fault & 0xffff) : .done(probe.value)
  }
}
