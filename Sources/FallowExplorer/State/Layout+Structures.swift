// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Where the structures of an IOMMU that reads memory lie: frames beyond those
/// for tables, of which only the words in use are kept.
extension Layout {
  /// What a driver takes frames for, by VT-d's names and in VT-d's order.
  enum Structure: Int, CaseIterable {
    case control, rootTable, queue, contextTable, directory, pasidTable

    /// The words that are kept of each, and of the queue, whose page they take
    /// the place of again and again: never are so many commands in it.
    static let words = 16
    static let queueWords = 128

    /// All of them.
    static let size = (allCases.count - 1) * words + queueWords

    /// All of them, and the registers behind them.
    static let sizeWithRegisters = size + Register.allCases.count

    /// Whether the IOMMU finds spaces by it.
    var leadsToSpaces: Bool {
      switch self {
      case .control, .queue: false
      case .rootTable, .contextTable, .directory, .pasidTable: true
      }
    }

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

    /// Whether it changes with an error of the queue alone: how many commands
    /// are void.
    var reportsErrors: Bool {
      structure == .control && word == Layout.failedWord
    }

    /// Whether who waits without the sharing lock reads or writes it as well:
    /// tickets, and what the IOMMU writes.
    var isWaitersToo: Bool {
      structure == .control && Layout.waitersWords.contains(word)
    }
  }

  /// Whether the IOMMU reads its queue from memory.
  var readsMemory: Bool { kind != .none }

  static let waitersWords = 3..<8
  static let failedWord = 5
  static let statusWord = 6

  /// How many frames have a descriptor.
  var descriptors: Int {
    frames + roots + (readsMemory ? Structure.allCases.count : 0)
  }

  /// The structure in the frame that was taken after so many others.
  @inline(__always)
  func structure(taken number: Int) -> Structure? {
    manual?.structure(taken: number)
  }

  /// The number of the frame with the entries of spaces.
  var entryFrame: Int {
    let number = Structure.allCases.indices.first {
      structure(taken: $0) == .pasidTable
    }
    return frames + roots + (number ?? 0)
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

  /// The number under which devices reach a space: drivers that ship keep 0
  /// for requests without a PASID.
  func number(ofSpace index: Int) -> PASID {
    readsMemory && index == 0 ? .without(tag: 0) : PASID(UInt32(index))
  }

  // MARK: Registers

  /// A register of such an IOMMU that changes, or what it keeps by itself.
  enum Register: Int, CaseIterable {
    /// Where the next command is that the IOMMU fetches.
    case head
    /// Where the next command is that software writes.
    case tail
    /// The errors of the queue, and whether it is on where one register says
    /// both.
    case status
    /// What is on, or where the first structure is.
    case mode
    /// Where the queue is.
    case base
    /// The errors that software has acknowledged, where each toggles a bit.
    case seen
    /// What is to take the place of a register that was written, if that is not
    /// in effect yet.
    case requested
    /// The kinds of commands that were carried out once, a bit each: before the
    /// last fence from bit 16 on, since then below.
    case carriedOutOnce
    /// The spaces whose entry the IOMMU is to read anew before the next fence
    /// is over, a bit each.
    case entriesToForget
  }

  func cell(_ register: Register) -> Int {
    structures + Structure.size + register.rawValue
  }

  /// What the IOMMU's manual says; nil if it reads no memory.
  var manual: (any IOMMUManual.Type)? { kind.manual }

  // MARK: The queue

  /// The command at the head of the queue as the IOMMU reads it now.
  func fetched(_ load: (Int) -> UInt64) -> QueueDescriptor {
    guard let manual else { return QueueDescriptor(rawValue: 0) }
    let positions = manual.positions
    let head = load(cell(.head)) & positions.mask
    if head == load(cell(.tail)) & positions.mask
      || manual.isStopped({ load(cell($0)) })
    {
      return QueueDescriptor(rawValue: 0)
    }
    let bytes =
      positions.index(of: head >> positions.scale) * manual.commandSize
    let word = Int(truncatingIfNeeded: bytes / 8) % Structure.queueWords
    return manual.decoded(
      low: load(cell(.queue, word)), high: load(cell(.queue, word + 1)), self)
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
