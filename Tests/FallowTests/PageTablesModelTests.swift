// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Long random runs of every operation, in every format, against a plain array
/// of pages; each prints its seed.
///
/// `FALLOW_MODEL_OPERATIONS` sets how many operations there are in all, and
/// `FALLOW_MODEL_SEED` where they begin.
@Suite struct PageTablesModelTests {
  static let formatCount = PageTablesFormatTests.formats.count

  static func setting(_ name: String) -> Int? {
    unsafe getenv(name).flatMap { unsafe Int(String(cString: $0)) }
  }

  static let operations = setting("FALLOW_MODEL_OPERATIONS") ?? 200_000
  static let seed = UInt64(setting("FALLOW_MODEL_SEED") ?? 1)

  @Test(arguments: 0..<formatCount)
  func agreesWithAnArrayOfPages(_ index: Int) throws {
    func check<Format: PageTableFormat>(_ format: Format.Type) throws {
      let seed = Self.seed + UInt64(index)
      let operations = Self.operations / Self.formatCount
      print("\(format): \(operations) operations from seed \(seed)")
      try HostedMachine.run(frames: 1024) { machine in
        machine.usesCache = true
        var run = try PageRun<Format>(machine, seed: seed)
        for number in 0..<operations {
          if let problem = run.step() {
            Issue.record(
              "\(format), seed \(seed), operation \(number): \(problem)")
            return
          }
        }
        #expect(run.released > 100, "\(format) released too little")
        #expect(machine.zeroesForTables > 0)
        #expect(run.collapsed > 10 || Format.requiresBreakBeforeMake)
      }
    }
    try check(PageTablesFormatTests.formats[index])
  }
}

/// One run, in one format.
struct PageRun<Format: PageTableFormat> {
  let machine: HostedMachine
  let space: HostedSpace<Format>
  var random: SeededGenerator
  var model = PageModel()
  /// How many tables were collapsed by the mapping that completed them.
  var collapsed = 0

  init(_ machine: HostedMachine, seed: UInt64) throws {
    self.machine = machine
    random = SeededGenerator(seed: seed)
    let space = try HostedSpace<Format>.make(on: machine)
    self.space = space
  }

  var released: UInt64 { TableAccounts(of: machine.kernel).released }

  static func address(_ page: Int) -> VirtualAddress {
    let (half, rest) = page.quotientAndRemainder(dividingBy: PageModel.half)
    return Format.kernelHalf.start + UInt64(half) << 30 + UInt64(rest) << 12
  }

  private func range(_ first: Int, _ count: Int) -> VirtualRange {
    VirtualRange(start: Self.address(first), size: UInt64(count) << 12)
  }

  private mutating func randomAttributes() -> LeafAttributes {
    while true {
      let any = LeafAttributes(rawValue: UInt16(random.below(1 << 16)))
      let attributes = any & .all | .walkerWritten
      if space.unsupported(attributes) == .none { return attributes }
    }
  }

  /// A stretch within one half, mostly short.
  private mutating func randomStretch() -> (first: Int, count: Int) {
    let count =
      switch random.below(64) {
      case 0: 512
      case 1: 1024
      case 2: 1 + random.below(700)
      default: 1 + random.below(6)
      }
    let half = random.below(2) * PageModel.half
    var first = random.below(PageModel.half - count + 1)
    if count >= 512 && random.below(4) > 0 { first &= ~511 }
    return (half + first, count)
  }

  /// One operation; nil, or what went wrong.
  mutating func step() -> String? {
    let (first, count) = randomStretch()
    let problem =
      switch random.below(17) {
      case 0..<4: map(first, count)
      case 16: random.below(8) == 0 ? complete(first) : nil
      case 4: mapByCursor(first, count)
      case 5..<9: unmap(first, count)
      case 9: unmapReading(first, count)
      case 10, 11: protect(first, count)
      case 12: split(first)
      case 13: collapse(first)
      case 14: look(first, count)
      default: work()
      }
    return problem ?? translate(random.below(PageModel.pages))
      ?? translate(first)
  }

  private mutating func map(_ first: Int, _ count: Int) -> String? {
    // Mostly what can become a large leaf again.
    var target = 1 << 34 + UInt64(first) << 12
    if random.below(8) == 0 { target += UInt64(random.below(512)) << 12 }
    let attributes =
      random.below(2) == 0 ? .kernelData : randomAttributes()
    let level = 1 + random.below(2)
    let stop = model.map(
      first, count, to: target, attributes: attributes, maxLeafLevel: level)
    let expected = stop.map { Refusal(.occupied, Self.address($0)) }
    let found = space.map(
      range(first, count), to: PhysicalAddress(target),
      attributes: attributes, maxLeafLevel: level)
    return found.refusal == expected
      ? nil : "map \(first) \(count) gave \(found as Any)"
  }

  /// Maps the holes around a page one by one, to what lies there mostly.
  private mutating func complete(_ page: Int) -> String? {
    let start = page & ~511
    let holes = (start..<start + 512).filter { model.pages[$0] == nil }
    for page in holes {
      let target = 1 << 34 + UInt64(page) << 12
      _ = model.map(
        page, 1, to: target, attributes: .kernelData, maxLeafLevel: 1)
      if page == holes.last, !Format.requiresBreakBeforeMake,
        model.collapse(page)
      {
        collapsed += 1
      }
      let found = space.mapCollapsing(
        range(page, 1), to: PhysicalAddress(target), attributes: .kernelData)
      guard found == nil else {
        return "collapsing \(page) gave \(found as Any)"
      }
    }
    return nil
  }

  private mutating func mapByCursor(_ first: Int, _ count: Int) -> String? {
    let attributes = randomAttributes()
    var cursor = Cursor(space)
    var problem: String?
    for index in 0..<min(count, 40) {
      let target = UInt64(first + index) << 12
      let stop = model.map(
        first + index, 1, to: target, attributes: attributes,
        maxLeafLevel: 1)
      let address = Self.address(first + index)
      let found = cursor.map(
        address, to: PhysicalAddress(target), attributes: attributes)
      if found.refusal != stop.map({ _ in Refusal(.occupied, address) }) {
        problem = "cursor at \(first + index) gave \(found as Any)"
      }
    }
    cursor.finish()
    return problem
  }

  private mutating func unmap(_ first: Int, _ count: Int) -> String? {
    let stop = model.forEachLeaf(first, count) { $0 = nil }
    let found = space.unmap(range(first, count))
    let expected = stop.map { Refusal(.partialLeaf, Self.address($0)) }
    return found.refusal == expected
      ? nil : "unmap \(first) \(count) gave \(found as Any)"
  }

  private mutating func unmapReading(_ first: Int, _ count: Int) -> String? {
    let before = model
    _ = model.forEachLeaf(first, count) { $0 = nil }
    var expected = LeafList<Format>()
    for (index, page) in before.pages.enumerated() {
      guard let page, page.start == index, model.pages[index] == nil
      else { continue }
      expected.add(page)
    }
    var visitor = LeafList<Format>()
    var unlinked = UnlinkedTables<HostedKernel, KernelHalf>(
      on: machine.kernel)
    _ = space.unmap(
      range(first, count), into: &unlinked, visiting: &visitor)
    space.scheme.retire(unlinked)
    return visitor == expected
      ? nil : "unmap \(first) \(count) showed \(visitor), not \(expected)"
  }

  private mutating func protect(_ first: Int, _ count: Int) -> String? {
    let attributes = randomAttributes()
    var revoked = LeafAttributes.none
    var changed = self.model
    let stop = changed.forEachLeaf(first, count) {
      guard let old = $0?.attributes else { return }
      $0?.attributes = attributes | old & .walkerWritten
    }
    var expected = stop.map { Refusal(.partialLeaf, Self.address($0)) }
    if expected == nil && Format.requiresBreakBeforeMake {
      // Neither the memory type nor global may change.
      let fixed = LeafAttributes.memoryType | .global
      expected = (first..<first + count).first {
        model.pages[$0].map { $0.attributes & fixed != attributes & fixed }
          ?? false
      }.map { Refusal(.requiresBreakBeforeMake, Self.address($0)) }
    }
    if expected == nil { model = changed }
    let found = space.protect(
      range(first, count), setting: attributes,
      clearing: LeafAttributes.all.subtracting(.walkerWritten),
      revoked: &revoked)
    return found.refusal == expected
      ? nil : "protect \(first) \(count) gave \(found as Any)"
  }

  private mutating func split(_ page: Int) -> String? {
    let breaks = Format.requiresBreakBeforeMake
    if breaks {
      let live = space.split(at: Self.address(page), level: 2)
      guard live?.kind == .requiresBreakBeforeMake else {
        return "a live split gave \(live as Any)"
      }
    }
    let expected = model.split(page)
    let found = space.split(
      at: Self.address(page), level: 2, breaks: breaks)
    return expected == (found == nil) ? nil : "split gave \(found as Any)"
  }

  private mutating func collapse(_ page: Int) -> String? {
    var unlinked = UnlinkedTables<HostedKernel, KernelHalf>(
      on: machine.kernel)
    let breaks = Format.requiresBreakBeforeMake
    var live: MapError?
    if breaks {
      live = space.collapse(
        at: Self.address(page), level: 2, into: &unlinked)
    }
    let expected = model.collapse(page)
    let found = space.collapse(
      at: Self.address(page), level: 2, breaks: breaks, into: &unlinked)
    space.scheme.retire(unlinked)
    guard !breaks || live?.kind == .requiresBreakBeforeMake else {
      return "a live collapse gave \(live as Any)"
    }
    return expected == (found == nil) ? nil : "collapse gave \(found as Any)"
  }

  /// The next leaf, the next hole, and all leaves one by one and at once.
  private mutating func look(_ first: Int, _ count: Int) -> String? {
    let stretch = range(first, count)
    var expected = LeafList<Format>()
    var seen = -1
    for page in model.pages[first..<first + count] {
      guard let page, page.start != seen else { continue }
      seen = page.start
      expected.add(model.pages[page.start] ?? page)
    }
    var walked = LeafList<Format>()
    guard space.walk(stretch, visiting: &walked) == nil else {
      return "walk refused \(stretch)"
    }
    var stepped = LeafList<Format>()
    var leaves = space.leaves(in: stretch)
    while let leaf = leaves.next() { stepped.leaves.append(leaf) }
    guard walked == expected, stepped == expected else {
      return "walked \(walked), stepped \(stepped), not \(expected)"
    }
    let hole = space.firstHole(in: stretch)
    let pages = model.pages[first..<first + count]
    let start = pages.firstIndex { $0 == nil } ?? first + count
    let end = pages[start...].firstIndex { $0 != nil } ?? first + count
    let size = UInt64(end - start) << 12
    return hole.size == size && (size == 0 || hole.start == Self.address(start))
      ? nil : "the first hole is \(hole)"
  }

  private func work() -> String? {
    machine.runWorker(space.scheme)
    return nil
  }

  private func translate(_ page: Int) -> String? {
    let found = space.translate(Self.address(page) + 0x123)
    let expected = model.pages[page].map {
      Translation(
        address: PhysicalAddress($0.address + 0x123),
        level: $0.count == 1 ? 1 : 2, attributes: $0.attributes)
    }
    return found == expected
      ? nil : "page \(page) is \(String(describing: found))"
  }
}

/// Leaves as a visitor saw them.
struct LeafList<Format: PageTableFormat>: LeafVisitor, Equatable {
  var leaves: [MappedLeaf] = []

  mutating func visit(_ entry: UInt64, level: Int, at address: VirtualAddress) {
    leaves.append(
      MappedLeaf(
        range: VirtualRange(start: address, size: Format.span(of: level)),
        address: Format.leafAddress(in: entry, level: level),
        attributes: Format.attributes(of: entry, level: level)))
  }

  mutating func add(_ page: PageModel.Page) {
    leaves.append(
      MappedLeaf(
        range: VirtualRange(
          start: PageRun<Format>.address(page.start),
          size: UInt64(page.count) << 12),
        address: PhysicalAddress(page.address),
        attributes: page.attributes))
  }
}

typealias HostedSpace<Format: PageTableFormat> = KernelTree<
  Format, Reclaimer<SilentDriver>
>

extension AddressSpace
where Half == KernelHalf, Scheme == Reclaimer<SilentDriver> {
  /// A kernel's space on a machine without IOMMUs.
  static func make(on machine: HostedMachine) throws -> Self {
    let driver = SilentDriver(platform: machine.kernel)
    guard
      let space = make(scheme: Reclaimer(sharing: Sharing(driver: driver)))
    else { throw OutOfFrames() }
    return space
  }
}

/// No IOMMU.
struct SilentDriver: UnmanagedIOMMUs {
  typealias Format = X86FourLevel

  let platform: HostedKernel
  var kernelHalf: VirtualRange { X86FourLevel.kernelHalf }
}
