// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Arm SMMUv3: structures and the queue.
///
/// It has a linear stream table, two contexts for each stream, 16-bit ASIDs,
/// and updates flags of leaves. Devices walk the kernel half from TTB1, and the
/// user half of a space, which is empty, from TTB0.
enum SMMUv3Manual: IOMMUManual {
  static func start(
    on machine: SteppingMachine, _ bounds: Bounds
  ) throws(Stop) -> SMMUv3<SteppingMachine>? {
    guard
      let driver = try SMMUv3.make(
        on: machine, walksKernelHalf: true,
        repeatsInvalidations: bounds.repeatsInvalidations),
      try driver.start(0) == .started,
      try driver.add(Device(iommu: 0, requester: 0)) == .added
    else { return nil }
    return driver
  }

  static var hasUserSpaces: Bool { true }

  // MARK: Structures

  /// The stream table takes the place of the root table, the stream's contexts
  /// that of the PASID table; there is none between.
  static func structure(taken number: Int) -> Layout.Structure? {
    number == 3 ? .pasidTable : Layout.Structure(rawValue: number)
  }

  static func entry(
    of space: Int, from root: FrameNumber, in memory: IOMMUMemory
  ) -> SpaceEntry {
    typealias Stream = SMMUv3Entry.Stream
    typealias Context = SMMUv3Entry.Context
    let stream = memory.word(.rootTable, 0)
    let first = space * Int(SMMUv3Entry.size) / 8
    func context(_ offset: UInt64) -> UInt64 {
      memory.word(.pasidTable, first + Int(offset) / 8)
    }
    guard Stream.valid.isSet(in: stream),
      Stream.configuration.read(stream) == 5,
      Context.valid.isSet(in: context(0))
    else { return .absent }
    let kernel = FrameNumber(FrameName.number(0)).address.rawValue
    let isWhole =
      context(Context.userRoot) & Context.root.mask == root.address.rawValue
      && context(Context.kernelRoot) & Context.root.mask == kernel
      && context(Context.memoryTypes) == Context.formatMemoryTypes
    return isWhole ? .whole : .torn
  }

  // MARK: The queue

  static var commandSize: UInt64 { SMMUv3Command.size }

  static var positions: QueuePositions {
    QueuePositions(commandSize: commandSize, scale: 0, hasWrapBit: true)
  }

  static var completesByHead: Bool { true }

  static func decoded(
    low: UInt64, high: UInt64, _ layout: Layout
  ) -> QueueDescriptor {
    typealias Field = SMMUv3Command.Field
    let stream = Field.stream.read(low)
    let space = space(of: Field.tag.read(low))
    let page = layout.page(
      high & Field.address.mask, from: AArch64FourKiB.kernelHalf.start)
    let leavesOnly = Field.leaf.isSet(in: high)
    switch SMMUv3Command.Kind(rawValue: Field.kind.read(low)) {
    case nil: return QueueDescriptor(.invalid)
    case .streams: return QueueDescriptor(.pasidEntry, pasid: nil)
    // The one device behind the SMMU signs with 0.
    case .stream:
      return stream == 0
        ? QueueDescriptor(.pasidEntry, pasid: nil)
        : QueueDescriptor(.otherStage)
    case .context:
      return stream == 0
        ? QueueDescriptor(
          .pasidEntry, pasid: Int(truncatingIfNeeded: Field.substream.read(low))
        )
        : QueueDescriptor(.otherStage)
    case .all, .everything: return QueueDescriptor(.pasid, pasid: nil)
    case .space:
      return space.map { QueueDescriptor(.pasid, pasid: $0) }
        ?? QueueDescriptor(.otherStage)
    case .address:
      return space.map {
        QueueDescriptor(
          .range, pasid: $0, pages: page..<(page + 1), leavesOnly: leavesOnly)
      } ?? QueueDescriptor(.otherStage)
    case .addressInAll:
      return QueueDescriptor(
        .range, pasid: nil, pages: page..<(page + 1), leavesOnly: leavesOnly)
    case .sync: return QueueDescriptor(.wait)
    }
  }

  /// The space with an ASID, by how the driver gives them out: those of spaces
  /// with a PASID in the lower half of the numbers.
  private static func space(of tag: UInt64) -> Int? {
    let withoutPASID: UInt64 = 1 << 15
    return switch tag {
    case withoutPASID: 0
    case 1..<8: Int(tag)
    default: nil
    }
  }

  static func isStopped(_ load: (Layout.Register) -> UInt64) -> Bool {
    load(.status) != 0
      || !SMMUv3Register.Control.queue.isSet(in: load(.mode))
  }

  static func stopAtInvalidCommand(_ memory: IOMMUMemory) {
    stop(because: SMMUv3Register.Reason.illegal, memory)
  }

  /// A command cannot be read: the queue stops where it is.
  static func timeOut(_ memory: IOMMUMemory) {
    stop(because: SMMUv3Register.Reason.unreadable, memory)
  }

  private static func stop(because reason: UInt64, _ memory: IOMMUMemory) {
    memory[.head] =
      memory[.head] & positions.mask | SMMUv3Register.Reason.field(reason)
    memory[.status] = SMMUv3Register.Errors.queue.mask
  }
}
