// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Where the structures of a VT-d IOMMU lie: frames beyond those for tables,
/// of which only the words in use are kept.
extension Layout {
  /// The frames that the driver takes, in its order.
  enum Structure: Int, CaseIterable {
    case control, rootTable, queue, contextTable, directory, pasidTable

    /// The words that are kept of each, and of the queue, whose page they take
    /// the place of again and again: never are so many descriptors in it.
    static let words = 16
    static let queueWords = 128

    /// All of them, and the registers.
    static let size = (allCases.count - 1) * words + queueWords + 4

    var start: Int {
      rawValue * Self.words
        + (rawValue > Self.queue.rawValue ? Self.queueWords - Self.words : 0)
    }
  }

  /// A word of a structure.
  struct StructureWord {
    var structure: Structure
    var frame: Int
    var word: Int

    /// Whether only who holds the sharing lock reads and writes it: the
    /// driver's own words but for where the queue is, which never changes.
    var isGuarded: Bool {
      structure == .control && word != 0 && !isWaitersToo
    }

    /// Whether who waits without the sharing lock reads or writes it as well:
    /// tickets, and what the IOMMU writes.
    var isWaitersToo: Bool {
      structure == .control && Layout.waitersWords.contains(word)
    }
  }

  static let waitersWords = 3..<8
  static let statusWord = 6

  /// How many frames have a descriptor.
  var descriptors: Int {
    frames + roots + (hasVTd ? Structure.allCases.count : 0)
  }

  /// Whether a word is one of those that are kept.
  func keeps(_ place: StructureWord) -> Bool {
    place.word
      < (place.structure == .queue ? Structure.queueWords : Structure.words)
  }

  func cell(_ structure: Structure, _ word: Int) -> Int {
    structures + structure.start + word
  }

  var status: Int { cell(.control, Self.statusWord) }

  /// The number under which devices reach a space: VT-d keeps 0 for requests
  /// without a PASID.
  func number(ofSpace index: Int) -> PASID {
    hasVTd && index == 0 ? .without(tag: 0) : PASID(UInt32(index))
  }

  // MARK: Registers

  private var registers: Int { structures + Structure.size - 4 }
  var queueHead: Int { registers }
  var queueTail: Int { registers + 1 }
  var faultStatus: Int { registers + 2 }
  var globalStatus: Int { registers + 3 }

  // MARK: The queue

  /// The descriptor at the head of the queue as the IOMMU reads it now.
  func fetched(_ load: (Int) -> UInt64) -> QueueDescriptor {
    let head = load(queueHead)
    if head == load(queueTail) || load(faultStatus) != 0 {
      return QueueDescriptor(rawValue: 0)
    }
    let word = Int(truncatingIfNeeded: head / 8) % Structure.queueWords
    return decoded(
      VTdDescriptor(
        low: load(cell(.queue, word)), high: load(cell(.queue, word + 1))))
  }

  private func decoded(_ descriptor: VTdDescriptor) -> QueueDescriptor {
    let low = descriptor.low
    let pasid = Int(truncatingIfNeeded: low >> 32 & 0xf_ffff)
    let selects = low >> 4 & 3
    switch VTdDescriptor.Kind(rawValue: low & 0xf) {
    case nil: return QueueDescriptor(.invalid)
    case .contextCache, .iotlb: return QueueDescriptor(.everything)
    case .pasidCache:
      return selects == 1
        ? QueueDescriptor(.pasidEntry, pasid: pasid)
        : QueueDescriptor(.everything)
    case .pasidIOTLB:
      return selects == 2
        ? QueueDescriptor(.pasid, pasid: pasid)
        : QueueDescriptor(
          .range, pasid: pasid, pages: pages(descriptor.high),
          leavesOnly: descriptor.high >> 6 & 1 != 0)
    case .deviceTLB, .pasidDeviceTLB:
      return QueueDescriptor(.deviceRange, pasid: pasid, pages: 0..<64)
    case .wait:
      let writesStatus = descriptor.high & 0xfff == UInt64(Self.statusWord * 8)
      return writesStatus
        ? QueueDescriptor(.wait, ticket: Int(truncatingIfNeeded: low >> 32))
        : QueueDescriptor(.otherStage)
    }
  }

  /// The pages of a request: the tiny format's addresses stand for the kernel
  /// half.
  private func pages(_ high: UInt64) -> Range<Int> {
    let start = high & ~(FrameNumber.size - 1)
    let count = 1 << Int(truncatingIfNeeded: min(high & 0x3f, 6))
    let first =
      (start &- X86FourLevel.kernelHalf.start.rawValue) >> FrameNumber.shift
    let page = Int(truncatingIfNeeded: min(first, 255))
    return page..<(page + count)
  }
}
