// SPDX-License-Identifier: Apache-2.0

@testable import Fallow

/// All of a stepping machine, flat, so that two states can be compared.
struct SteppingState: Hashable {
  /// One access that an interrupted operation has made.
  struct Logged: Hashable {
    /// Its kind and address, to check that a run from the start makes it again.
    var key: UInt64
    var result: UInt64
  }

  struct Actor: Hashable {
    /// How many operations of its script are done.
    var done = 0
    var isRunning = false
    var isReading = false
    /// The readers that it waits for.
    var awaited: UInt64 = 0
    var log: [Logged] = []
  }

  /// The commands to the IOMMU, and its answers.
  struct Queue: Hashable {
    var hasRequest = false
    /// Whether there was one before the last fence.
    var isFenced = false
    /// The last ticket that was given out, reached, and failed.
    var issued: UInt64 = 0
    var done: UInt64 = 0
    var failed: UInt64 = 0
  }

  static let firstFrame: UInt64 = 1
  static let entriesPerTable = 2

  let frameCount: Int
  let root: FrameNumber
  let levels: Int
  /// Entries, then descriptors, then the kernel's words, then locks.
  var words: [UInt64]
  var actors: [Actor]
  var queue = Queue()
  var isWorkerScheduled = false
  /// Whether a device may begin walks from the root.
  var isAttached = true
  /// One bit for each frame.
  var free: UInt64
  /// What the IOMMU, and the CPUs, may hold: everything that they could walk
  /// to since they last forgot.
  var heldByIOMMU: UInt64 = 0
  var heldByCPUs: UInt64 = 0

  init(frameCount: Int, cpuCount: Int, levels: Int) {
    self.frameCount = frameCount
    self.levels = levels
    root = FrameNumber(Self.firstFrame)
    let size =
      frameCount * (Self.entriesPerTable + 4) + KernelWord.count(cpus: cpuCount)
      + 4
    words = [UInt64](repeating: 0, count: size)
    // The last actor is the worker.
    actors = [Actor](repeating: Actor(), count: cpuCount + 1)
    free = ((1 << UInt64(frameCount)) - 1) & ~1
    // The root is linked, and shared by devices behind IOMMU 0.
    var word = TypeWord.table(of: KernelHalf.self, level: levels, order: 0)
    word.state = .linked
    words[place(.typeWord, of: root)] = UInt64(word.rawValue)
    words[place(.binding, of: root)] =
      Binding(pasid: PASID(1), iommus: IOMMUSet(first: 1), devices: 1).rawValue
    words[place(.sharedSpaces)] = root.listHead
    words[place(.account(.constructed))] = 1
    words[place(.account(.linked))] = 1
    heldByIOMMU = 1
    heldByCPUs = 1
  }

  // MARK: Places

  func index(of frame: FrameNumber) -> Int {
    Int(frame.rawValue - Self.firstFrame)
  }

  func bit(_ frame: FrameNumber) -> UInt64 { 1 << UInt64(index(of: frame)) }

  func isFree(_ frame: FrameNumber) -> Bool { free & bit(frame) != 0 }

  func place(_ entry: PhysicalAddress) -> Int {
    index(of: FrameNumber(containing: entry)) * Self.entriesPerTable
      + Int(entry.rawValue & (FrameNumber.size - 1)) / 8
  }

  func place(_ field: DescriptorField, of frame: FrameNumber) -> Int {
    frameCount * Self.entriesPerTable + index(of: frame) * 4
      + Int(field.rawValue)
  }

  func place(_ word: KernelWord) -> Int {
    frameCount * (Self.entriesPerTable + 4) + word.index
  }

  func place(_ lock: KernelLock) -> Int {
    words.count - 4 + Int(lock.rawValue)
  }

  // MARK: What can be walked to

  /// `tables`, and the tables that their entries lead to.
  func closure(of tables: UInt64) -> UInt64 {
    var found = tables
    var left = tables
    while left != 0 {
      let index = left.trailingZeroBitCount
      left &= left - 1
      let frame = FrameNumber(Self.firstFrame + UInt64(index))
      guard typeWord(of: frame).level > 1 else { continue }
      for entry in entries(of: frame) where entry != 0 {
        let child = bit(FrameNumber(entry >> FrameNumber.shift))
        if found & child == 0 {
          found |= child
          left |= child
        }
      }
    }
    return found
  }

  var reachable: UInt64 { closure(of: bit(root)) }

  /// Walkers may fetch what they can reach at any time.
  mutating func walk() {
    heldByIOMMU = closure(of: heldByIOMMU | (isAttached ? bit(root) : 0))
    heldByCPUs = closure(of: heldByCPUs | bit(root))
  }

  func entries(of frame: FrameNumber) -> ArraySlice<UInt64> {
    let first = place(frame.address)
    return words[first..<(first + Self.entriesPerTable)]
  }

  func typeWord(of frame: FrameNumber) -> TypeWord {
    TypeWord(
      rawValue: UInt32(truncatingIfNeeded: words[place(.typeWord, of: frame)]))
  }
}
