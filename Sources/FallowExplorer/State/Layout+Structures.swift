// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Where the structures of an IOMMU that reads memory lie: frames beyond those
/// for tables, of which only the words in use are kept.
extension Layout {
  /// What the driver takes frames for, in the order of VT-d's.
  enum Structure: Int, CaseIterable {
    /// The RISC-V IOMMU's device directory takes the place of the root table,
    /// its process directory that of the PASID table; it has none between.
    case control, rootTable, queue, contextTable, directory, pasidTable

    /// The words that are kept of each, and of the queue, whose page they take
    /// the place of again and again: never are so many commands in it.
    static let words = 16
    static let queueWords = 128
    static let registers = 6

    /// All of them, and the registers.
    static let size = (allCases.count - 1) * words + queueWords + registers

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

  /// Whether the IOMMU reads its queue from memory.
  var readsMemory: Bool { manual != .none }

  static let waitersWords = 3..<8
  static let statusWord = 6

  /// How many frames have a descriptor.
  var descriptors: Int {
    frames + roots + (readsMemory ? Structure.allCases.count : 0)
  }

  /// The structure in the frame that was taken after so many others.
  @inline(__always)
  func structure(taken number: Int) -> Structure? {
    switch manual {
    case .none: nil
    case .vtd: Structure(rawValue: number)
    case .riscv: number == 3 ? .pasidTable : Structure(rawValue: number)
    }
  }

  /// The number of the frame with the entries of spaces.
  var entryFrame: Int { frames + roots + (manual == .vtd ? 5 : 3) }

  /// Whether a word is one of those that are kept.
  func keeps(_ place: StructureWord) -> Bool {
    place.word
      < (place.structure == .queue ? Structure.queueWords : Structure.words)
  }

  func cell(_ structure: Structure, _ word: Int) -> Int {
    structures + structure.start + word
  }

  var status: Int { cell(.control, Self.statusWord) }

  /// The number under which devices reach a space: drivers that ship keep 0
  /// for requests without a PASID.
  func number(ofSpace index: Int) -> PASID {
    readsMemory && index == 0 ? .without(tag: 0) : PASID(UInt32(index))
  }

  // MARK: Registers

  private var registers: Int {
    structures + Structure.size - Structure.registers
  }
  var queueHead: Int { registers }
  var queueTail: Int { registers + 1 }
  /// VT-d's fault status, or `cqcsr`.
  var queueStatus: Int { registers + 2 }
  /// VT-d's global status, or `ddtp`.
  var mode: Int { registers + 3 }
  var queueBase: Int { registers + 4 }
  /// The spaces whose entry the IOMMU is to read anew before the next fence is
  /// over, a bit each.
  var entriesToForget: Int { registers + 5 }

  /// The errors for which the queue stands still.
  private var errors: UInt64 {
    manual == .vtd ? VTdRegister.Fault.all : RISCVIOMMURegister.Queue.errors
  }

  // MARK: The queue

  /// The command at the head of the queue as the IOMMU reads it now.
  func fetched(_ load: (Int) -> UInt64) -> QueueDescriptor {
    let head = load(queueHead)
    if head == load(queueTail) || load(queueStatus) & errors != 0 {
      return QueueDescriptor(rawValue: 0)
    }
    let words = manual == .vtd ? head / 8 : head * 2
    let word = Int(truncatingIfNeeded: words) % Structure.queueWords
    let low = load(cell(.queue, word))
    let high = load(cell(.queue, word + 1))
    return manual == .vtd
      ? decoded(VTdDescriptor(low: low, high: high))
      : decoded(RISCVIOMMUCommand(low: low, high: high))
  }

  /// Whether a wait writes where the driver looks for tickets.
  func isStatus(_ address: UInt64) -> Bool {
    address & (FrameNumber.size - 1) == UInt64(Self.statusWord * 8)
  }

  /// The page of the tree at an address of the kernel half that begins at
  /// `start`: the tiny format's addresses stand for it.
  func page(_ address: UInt64, from start: VirtualAddress) -> Int {
    Int(
      truncatingIfNeeded: min(
        (address &- start.rawValue) >> FrameNumber.shift, 255))
  }
}
