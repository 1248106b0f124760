// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Where each part of a machine's state lies in a flat run of words.
///
/// States are copied and hashed as memory: the words before ``logs`` are hashed
/// and always copied, and of each actor's log what is in use is copied.
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
  /// Whether CPUs walk the tables.
  let cpusWalk: Bool
  /// How many of the CPUs' caches are kept apart, and under how many numbers.
  let cachingCPUs: Int
  let asids: Int
  /// Whether a CPU's leaves are kept by where they lead.
  let keepsTranslations: Bool
  /// Whether interrupts come to each CPU, and whether operations migrate.
  let interruptsOnEachCPU: Bool
  let migrates: Bool
  let walkersSetBits: Bool
  let actors: Int
  /// Whether an actor carries out calls that wait for readers.
  let hasCallbacks: Bool
  let slots: Int

  /// Places in a walker's set: the entries of all tables of a full tree.
  let places: Int
  /// Places that hold tables; the rest are leaves only.
  let tablePlaces: Int
  let setWords: Int

  /// How many words the kernel has, and how many each CPU has.
  let kernelWords: Int
  let wordsPerCPU: Int
  /// For each frame the places of the tree that it is linked at, or was linked
  /// at last: a bit each.
  let linkedPlaces: Int
  /// The bytes of them for a frame.
  let placeBytes: Int
  let entries: Int
  /// The entries as they are in memory, where IOMMUs do not snoop.
  let inMemory: Int
  let fields: Int
  /// For each frame the words of its descriptor that a program has.
  let programFields: Int
  let programFieldCount: Int
  let words: Int
  /// The memory of a program: its words, then the calls that are put off.
  let program: Int
  let memory: MemoryBounds
  let queues: Int
  let sets: Int
  /// What a driver and its IOMMU keep in memory, and the IOMMU's registers.
  let structures: Int
  let kind: IOMMUStructures
  /// The leaves that each walker may write through, if that is kept: for each
  /// two words, as ``set(of:old:)``, with a bit for each place.
  let rights: Int
  let keepsRights: Bool
  /// What each CPU has stored and no other sees yet, the oldest first.
  let buffers: Int
  let bufferWords: Int
  let headers: Int
  /// A hash of each actor's log, which does not depend on names.
  let digests: Int
  /// The frames that each actor's log names, in the order of first naming.
  let mentions: Int
  /// How many words come before the logs.
  let logs: Int
  /// How many words there are.
  let size: Int

  static let free = 0
  /// A byte for each lock: its holder, counted from 1.
  static let locks = 1
  static let lockCount = 16
  static let flags = 3
  static let slotStates = 4
  static let readers = 5
  static let tickets = 6
  /// The PASIDs whose entry an IOMMU may cache, a bit each, and from bit 32 on
  /// those whose entry is present.
  static let livePASIDs = 7
  /// The roots that were given back, a bit each.
  static let goneRoots = 8
  /// Tables for which the worker was scheduled and which it has not come upon,
  /// a bit each; from bit 8 on the actors that have scheduled it in their
  /// operation, from bit 16 on those with interrupts off.
  static let awaited = 9
  /// For each actor the tables that it has retired in its operation, a byte
  /// each.
  static let retired = 10
  /// The places that a CPU may hold as not mapped, a bit each: bit 0 is place
  /// 1.
  static let absent = 11
  /// The ASID that each CPU walks under, four bits each: all ones for none.
  static let loadedASIDs = 12
  /// For each actor the tables that its operation has unlinked, a byte each.
  static let unlinked = 13
  /// Those of them that it has linked elsewhere since.
  static let moved = 14
  static let fixedWords = 15

  static let queueWords = 4
  static let logCapacity = 240
  /// An access takes a word that says which it was, and one for its result.
  static let loggedWords = 2
  /// A store that waits takes as many.
  static let bufferedWords = 2

  init(_ bounds: Bounds) {
    entriesPerTable = 1 << bounds.indexBits
    indexBits = bounds.indexBits
    levels = bounds.levels
    frames = bounds.frames + 1
    roots = bounds.pasids
    cpus = bounds.cpus
    iommus = bounds.iommus
    hasDeviceTLBs = bounds.ats
    cpusWalk = bounds.cpusWalk
    slots = bounds.slots
    // The worker comes after the CPUs.
    memory = bounds.memory
    hasCallbacks = bounds.hasCallbacks
    interruptsOnEachCPU = bounds.interruptsOnEachCPU
    migrates = bounds.migrates
    walkersSetBits = bounds.walkersSetBits
    asids = bounds.asids
    keepsTranslations = bounds.keepsTranslations
    cachingCPUs =
      bounds.cpusCacheApart ? bounds.cpus + (bounds.hasCallbacks ? 2 : 1) : 1
    actors =
      bounds.cpus + 1 + (hasCallbacks ? 1 : 0) + bounds.interrupts
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
    placeBytes = (tables + 7) / 8
    linkedPlaces = Self.fixedWords
    entries = linkedPlaces + (frames * placeBytes + 7) / 8
    inMemory = entries + frames * entriesPerTable
    fields = inMemory + (bounds.iommusSnoop ? 0 : frames * entriesPerTable)
    kind = bounds.structures
    let readsMemory = kind != .none
    kernelWords = bounds.words
    wordsPerCPU = bounds.wordsPerCPU
    programFields =
      fields
      + (frames + roots + (readsMemory ? Structure.allCases.count : 0)) * 4
    programFieldCount = memory.wordsPerDescriptor
    words = programFields + frames * programFieldCount
    // The worker's CPU comes after the others.
    program = words + kernelWords + (cpus + 1) * wordsPerCPU
    queues = program + memory.words + bounds.wordsOfCalls
    sets = queues + iommus * Self.queueWords
    let walkers =
      cachingCPUs * asids + iommus * roots * (bounds.ats ? 2 : 1)
    structures = sets + walkers * 2 * setWords
    rights = structures + (readsMemory ? Structure.sizeWithRegisters : 0)
    keepsRights = bounds.keepsRights
    buffers = rights + (keepsRights ? walkers * 2 : 0)
    bufferWords = bounds.storeBuffers * Self.bufferedWords
    headers = buffers + (bounds.cpus + (hasCallbacks ? 2 : 1)) * bufferWords
    digests = headers + actors
    mentions = digests + actors
    logs = mentions + actors
    size = logs + actors * Self.logCapacity * Self.loggedWords
  }

  /// CPUs, then each IOMMU's translations of each PASID, then device TLBs, then
  /// what CPUs cache apart.
  var walkers: Int { firstOtherCPU + cpuWalkers - 1 }

  /// The first walker after those of IOMMUs and devices.
  private var firstOtherCPU: Int {
    1 + iommus * roots * (hasDeviceTLBs ? 2 : 1)
  }

  /// How many walkers are CPUs.
  var cpuWalkers: Int { cachingCPUs * asids }

  /// The walker of a CPU under an ASID; of all CPUs if none caches apart.
  @inline(__always)
  func walker(cpu: Int, asid: Int) -> Int {
    walker(ofCPUs: (cachingCPUs == 1 ? 0 : cpu) &* asids &+ asid)
  }

  /// One of the CPUs' walkers, by its number among them.
  @inline(__always)
  func walker(ofCPUs number: Int) -> Int {
    number == 0 ? 0 : firstOtherCPU &+ number &- 1
  }

  /// Whether a walker is a CPU.
  @inline(__always)
  func isCPU(_ walker: Int) -> Bool {
    walker == 0 || cpuWalkers > 1 && walker >= firstOtherCPU
  }

  /// The CPU, and the ASID, of a walker.
  func cpu(of walker: Int) -> (cpu: Int, asid: Int) {
    let number = walker == 0 ? 0 : walker - firstOtherCPU + 1
    return (number / asids, number % asids)
  }

  var worker: Int { cpus }

  /// The actor that carries out calls that wait for readers; negative if none.
  var callback: Int { hasCallbacks ? cpus + 1 : -1 }

  /// Where an actor runs.
  func cpu(ofActor actor: Int) -> Int {
    if actor < firstInterrupt { return actor }
    return interruptsOnEachCPU ? (actor - firstInterrupt) % cpus : 0
  }

  /// The first interrupt, if there is one.
  var firstInterrupt: Int { cpus + (hasCallbacks ? 2 : 1) }

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

  /// How many pages a tree can map.
  var pageCount: Int { 1 << (levels * indexBits) }

  /// The pages of the tree in a range of addresses, those of a kernel half
  /// included.
  func pages(in range: VirtualRange) -> Range<Int> {
    let all = pageCount
    if range.size == 0 { return 0..<0 }
    let half = X86FourLevel.kernelHalf.start.rawValue
    let start = range.start.rawValue
    let first = start < half ? start : start - half
    let (end, isPast) = first.addingReportingOverflow(range.size - 1)
    let last = isPast ? .max : end
    let low = Int(min(first >> UInt64(FrameNumber.shift), UInt64(all)))
    let high = Int(min(last >> UInt64(FrameNumber.shift), UInt64(all - 1)))
    return low..<max(low, high + 1)
  }

  // MARK: Words

  func entry(_ frame: Int, _ index: Int) -> Int {
    entries + frame &<< indexBits + index
  }

  /// Whether IOMMUs read tables through the CPUs' caches.
  @inline(__always)
  var iommusSnoop: Bool { inMemory == fields }

  /// Where an entry is kept as it is in memory, if it may differ from what CPUs
  /// see.
  @inline(__always)
  func inMemory(ofEntryAt cell: Int) -> Int {
    iommusSnoop ? cell : cell &- entries &+ inMemory
  }

  func field(_ field: DescriptorField, of frame: Int) -> Int {
    fields + frame * 4 + Int(field.rawValue)
  }

  /// Where a word of the kernel is kept; nil if there is no such word.
  @inline(__always)
  func word(_ word: KernelWord) -> Int? {
    let first = KernelWord.retired(by: 0).index
    let stride = KernelWord.retired(by: 1).index - first
    let index = word.index
    if index < first {
      return index >= 0 && index < kernelWords ? words + index : nil
    }
    let (cpu, own) = (index - first).quotientAndRemainder(dividingBy: stride)
    guard cpu <= cpus, own < wordsPerCPU else { return nil }
    return words + kernelWords + cpu * wordsPerCPU + own
  }

  /// Where a word that every machine has is kept.
  func word(always word: KernelWord) -> Int { words + word.index }

  /// The worker's CPU comes after the others.
  func buffer(of cpu: Int) -> Int { buffers + cpu * bufferWords }

  func log(of actor: Int) -> Int {
    logs + actor * Self.logCapacity * Self.loggedWords
  }

  /// How many words of an actor's log are in use.
  @inline(__always)
  func logWords(of actor: Int, in cells: Cells) -> Int {
    Int(truncatingIfNeeded: cells[headers &+ actor] & 0xff)
      &* Self.loggedWords
  }

  /// Copies a state, and of its logs what is in use.
  @inline(__always)
  func copy(_ state: Cells, to cells: Cells) {
    cells.copy(from: state, count: logs)
    for actor in 0..<actors {
      cells.copy(
        from: state, at: log(of: actor), count: logWords(of: actor, in: state))
    }
  }

  func set(of walker: Int, old: Bool) -> Int {
    sets + (walker * 2 + (old ? 1 : 0)) * setWords
  }

  func rights(of walker: Int, old: Bool) -> Int {
    rights + walker * 2 + (old ? 1 : 0)
  }
}
