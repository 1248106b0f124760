// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What the explorer knows of a kind of IOMMU that reads its structures and its
/// queue from memory: what its manual says, and the driver that ships.
///
/// What such an IOMMU may cache, a scenario's ``CacheRules`` say.
protocol IOMMUManual: SendableMetatype {
  /// The driver that ships.
  associatedtype Driver: DeviceExpelling where Driver.P == SteppingMachine

  /// Makes the driver, and starts its one IOMMU with a device behind it.
  ///
  /// - Returns: Nil if the driver refuses the IOMMU or the device.
  static func start(
    on machine: SteppingMachine, _ bounds: Bounds
  ) throws(Stop) -> Driver?

  /// Whether a device may have a TLB of its own.
  static var knowsDeviceTLBs: Bool { get }

  /// Whether the root of a space is that of its user half, beside the kernel's.
  static var hasUserSpaces: Bool { get }

  // MARK: Structures

  /// What a driver uses the frame for that it takes after `number` others.
  static func structure(taken number: Int) -> Layout.Structure?

  /// What the IOMMU finds for a space whose root is `root`.
  static func entry(
    of space: Int, from root: FrameNumber, in memory: IOMMUMemory
  ) -> SpaceEntry

  // MARK: The queue

  /// The size of a command in bytes.
  static var commandSize: UInt64 { get }

  /// How the head and the tail count commands.
  static var positions: QueuePositions { get }

  /// Whether the head reports that a wait is completed; if not, the wait writes
  /// its ticket to memory.
  static var completesByHead: Bool { get }

  /// What a command asks for.
  static func decoded(
    low: UInt64, high: UInt64, _ layout: Layout
  ) -> QueueDescriptor

  /// Whether the IOMMU fetches no command: the queue is off, or an error is not
  /// handled.
  static func isStopped(_ load: (Layout.Register) -> UInt64) -> Bool

  /// The queue stops at a command that is not legal.
  static func stopAtInvalidCommand(_ memory: IOMMUMemory)

  /// Something does not answer in time.
  static func timeOut(_ memory: IOMMUMemory)

  // MARK: Registers

  /// Whether a register never changes after the start: that it is read, no one
  /// notices.
  static func isConstant(_ register: IOMMURegister) -> Bool

  /// Whether a register changes with an error of the queue alone, or when
  /// software writes it.
  static func reportsErrors(_ register: IOMMURegister) -> Bool

  /// What a register reads as; zero of one that is not modelled.
  static func read(
    _ register: IOMMURegister, _ memory: IOMMUMemory
  ) -> UInt64

  /// A register is written.
  ///
  /// - Returns: False if the manual forbids it in that state.
  static func write(
    _ value: UInt64, to register: IOMMURegister, _ memory: IOMMUMemory
  ) -> Bool

  /// What was requested by a write to a register takes effect.
  static func settle(_ value: UInt64, _ memory: IOMMUMemory)
}

extension IOMMUManual {
  static var knowsDeviceTLBs: Bool { false }
  static var hasUserSpaces: Bool { false }

  static var completesByHead: Bool { false }

  static func settle(_ value: UInt64, _ memory: IOMMUMemory) {}
}

/// What an IOMMU finds for a space.
enum SpaceEntry {
  /// No entry is present.
  case absent
  /// The entry is present and leads to the space's root.
  case whole
  /// The entry is present before all of it is written, or after.
  case torn
}

/// The structures of an IOMMU that reads memory, and its registers, in a state.
struct IOMMUMemory {
  let layout: Layout
  let cells: Cells

  /// A register.
  subscript(register: Layout.Register) -> UInt64 {
    get { cells[layout.cell(register)] }
    nonmutating set { cells[layout.cell(register)] = newValue }
  }

  /// What was requested by a write to a register that is not in effect yet.
  var requested: UInt64? {
    let value = self[.requested]
    return value == 0 ? nil : value & ~Self.isRequested
  }

  /// A register is written, and the write takes effect later.
  func request(_ value: UInt64) {
    self[.requested] = value | Self.isRequested
  }

  private static let isRequested: UInt64 = 1 << 63

  /// A word of a structure.
  func word(_ structure: Layout.Structure, _ number: Int) -> UInt64 {
    cells[layout.cell(structure, number)]
  }
}
