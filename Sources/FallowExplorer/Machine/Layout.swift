internal import Fallow

/// Where each part of a machine's state lies in a flat run of words.
///
/// States are copied and hashed as memory: the words before ``mentions`` are
/// hashed, those before ``logs`` always copied, and of each actor's log only
/// what is in use.
struct Layout: BitwiseCopyable, Sendable {
  let entriesPerTable: Int
  /// Its binary logarithm.
  let indexBits: Int
  let levels: Int
  /// The root is frame 0.
  let frames: Int
  /// Descriptors without contents: the roots under which devices bind.
  let roots: Int
  let cpus: Int
  let iommus: Int
  let hasDeviceTLBs: Bool
  let actors: Int
  let slots: Int

  /// Places in a walker's set: the entries of all tables of a full tree.
  let places: Int
  /// Places that hold tables; the rest are leaves only.
  let tablePlaces: Int
  let setWords: Int

  let entries: Int
  let fields: Int
  let words: Int
  let queues: Int
  let sets: Int
  /// What a VT-d driver and its IOMMU keep in memory, and its registers.
  let structures: Int
  let hasVTd: Bool
  /// What each CPU has stored and no other sees yet, the oldest first.
  let buffers: Int
  let bufferWords: Int
  let headers: Int
  /// A hash of each actor's log.
  let digests: Int
  /// The frames that each actor's log names, in the order of first naming: what
  /// ``Canonical`` would else read the logs for.
  let mentions: Int
  /// How many words come before the logs.
  let logs: Int
  /// How many words there are.
  let size: Int

  static let free = 0
  static let locks = 1
  static let flags = 2
  static let slotStates = 3
  static let readers = 4
  static let tickets = 5
  /// For each frame, the place in the tree where it was linked last.
  static let linkedAt = 6
  /// The PASIDs whose entry an IOMMU may cache, a bit each, and from bit 32 on
  /// those whose entry is present.
  static let livePASIDs = 7
  /// The roots that were given back, a bit each.
  static let goneRoots = 8
  static let firstEntry = 9

  static let queueWords = 4
  static let logCapacity = 160
  static let kernelWords = 8
  /// The number of the first frame: 0 is no table's address.
  static let firstFrame: UInt64 = 1

  /// The number of a frame.
  ///
  /// No two frames lie side by side, so that code which treats neighbours
  /// together treats all frames alike.
  @inline(__always)
  static func number(_ index: Int) -> UInt64 {
    firstFrame &+ 2 &* UInt64(truncatingIfNeeded: index)
  }

  /// The frame with that number; negative if there is none.
  @inline(__always)
  static func index(ofNumber number: UInt64) -> Int {
    let distance = Int(truncatingIfNeeded: number &- firstFrame)
    return distance & 1 == 0 ? distance &>> 1 : -1
  }

  init(_ bounds: Bounds) {
    entriesPerTable = 1 << bounds.indexBits
    indexBits = bounds.indexBits
    levels = bounds.levels
    frames = bounds.frames + 1
    roots = bounds.pasids
    cpus = bounds.cpus
    iommus = bounds.iommus
    hasDeviceTLBs = bounds.ats
    slots = bounds.slots
    // The worker comes after the CPUs.
    actors = bounds.cpus + 1 + bounds.interrupts
    var places = 0
    var tables = 0
    var width = 1
    for level in 0..<bounds.levels {
      width *= entriesPerTable
      places += width
      if level < bounds.levels - 1 { tables += width }
    }
    self.places = places
    tablePlaces = tables
    setWords = (tables + places + 7) / 8
    entries = Self.firstEntry
    fields = entries + frames * entriesPerTable
    hasVTd = bounds.hasVTd
    words =
      fields + (frames + roots + (hasVTd ? Structure.allCases.count : 0)) * 4
    queues = words + Self.kernelWords + cpus
    sets = queues + iommus * Self.queueWords
    let walkers = 1 + iommus * roots * (bounds.ats ? 2 : 1)
    structures = sets + walkers * 2 * setWords
    buffers = structures + (hasVTd ? Structure.size : 0)
    bufferWords = bounds.storeBuffers
    headers = buffers + (bounds.cpus + 1) * bufferWords
    digests = headers + actors
    mentions = digests + actors
    logs = mentions + actors
    size = logs + actors * Self.logCapacity
    precondition(frames <= 8, "a set of frames is a byte")
    precondition(actors <= 8 && iommus * roots <= 16, "too large a machine")
    precondition(
      !hasVTd || bufferWords == 0, "what VT-d reads is not buffered")
  }

  /// CPUs, then each IOMMU's translations of each PASID, then device TLBs.
  var walkers: Int { 1 + iommus * roots * (hasDeviceTLBs ? 2 : 1) }

  var worker: Int { cpus }

  func walker(iommu: Int, pasid: Int) -> Int { 1 + iommu * roots + pasid }

  func deviceTLB(iommu: Int, pasid: Int) -> Int {
    1 + iommus * roots + iommu * roots + pasid
  }

  /// The place below `place` under entry `index`; the root is place 0.
  @inline(__always)
  func child(of place: Int, _ index: Int) -> Int {
    place &<< indexBits + 1 + index
  }

  func parent(of place: Int) -> Int { (place - 1) &>> indexBits }

  /// The level of the table whose entry `place` is; the root's is `levels`.
  func level(of place: Int) -> Int {
    var level = levels
    var place = parent(of: place)
    while place != 0 {
      place = parent(of: place)
      level -= 1
    }
    return level
  }

  /// The pages that `place` covers.
  func pages(of place: Int) -> Range<Int> {
    let level = level(of: place)
    var span = 1
    for _ in 1..<level { span *= entriesPerTable }
    var first = (place - 1) % entriesPerTable * span
    var place = parent(of: place)
    var above = span
    while place != 0 {
      above *= entriesPerTable
      first += (place - 1) % entriesPerTable * above
      place = parent(of: place)
    }
    return first..<(first + span)
  }

  // MARK: Words

  func entry(_ frame: Int, _ index: Int) -> Int {
    entries + frame &<< indexBits + index
  }

  func field(_ field: DescriptorField, of frame: Int) -> Int {
    fields + frame * 4 + Int(field.rawValue)
  }

  func word(_ word: KernelWord) -> Int {
    let index = word.index
    if index < Self.kernelWords { return words + index }
    precondition(index >= 32, "statistics are not kept")
    return words + Self.kernelWords + index / 32 - 1
  }

  /// The worker's CPU comes after the others.
  func buffer(of cpu: Int) -> Int { buffers + cpu * bufferWords }

  func log(of actor: Int) -> Int { logs + actor * Self.logCapacity }

  func set(of walker: Int, old: Bool) -> Int {
    sets + (walker * 2 + (old ? 1 : 0)) * setWords
  }
}
