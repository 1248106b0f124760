package import Fallow

/// What a CPU sees of the library's work on its own tables.
package struct MappingTests<
  Format: PageTableFormat, Driver: IOMMUDriver
> where Driver.P == Kernel {
  private let setup: Setup<Format, Driver>
  private let kernel = Kernel()

  /// Tests in the window of `setup`.
  ///
  /// - Precondition: The CPU walks the tables of `setup`, no device does, and
  ///   no other CPU runs.
  package init(_ setup: Setup<Format, Driver>) {
    self.setup = setup
  }

  private var window: VirtualAddress { setup.window }

  private var space: KernelSpace<Format, Reclaimer<Driver>> { setup.space }

  /// Runs what one CPU can see.
  package func run(_ run: inout TestRun) {
    mapAndUnmap(&run)
    largeLeaves(&run)
  }

  private func mapAndUnmap(_ run: inout TestRun) {
    let frame = kernel.block(order: 1)
    kernel.write(0x1111, to: frame.address)
    kernel.write(0x2222, to: frame.address + 4096)
    let pages = VirtualRange(start: window, size: 8192)
    let second = window + 4096
    run.check(Access.load(window) == .fault, "nothing is mapped: a load faults")
    run.check(
      succeeds(
        try space.map(pages, to: frame.address, attributes: .writable))
        && Access.load(window) == .done(0x1111)
        && Access.load(second) == .done(0x2222),
      "map: loads reach both pages")
    run.check(
      recorded(window) == .accessed,
      "the MMU set the accessed bit, not the dirty bit")
    _ = Access.store(0x3333, to: window)
    run.check(
      kernel.read(frame.address) == 0x3333
        && recorded(window) == .accessed | .dirty
        && recorded(second) == .accessed,
      "a store reaches its frame, and sets its dirty bit alone")
    let first = VirtualRange(start: window, size: 4096)
    run.check(
      succeeds(try space.unmap(first)) && Access.load(window) == .fault
        && Access.load(second) == .done(0x2222),
      "unmap: a load faults, its neighbour's does not")
    run.check(
      succeeds(
        try space.map(first, to: frame.address, attributes: .none))
        && Access.load(window) == .done(0x3333)
        && Access.store(0x4444, to: window) == .fault
        && kernel.read(frame.address) == 0x3333,
      "mapped for loads: a store faults")
    run.check(
      protects(first, setting: .writable)
        && Access.store(0x4444, to: window).isDone
        && kernel.read(frame.address) == 0x4444,
      "protect: the store is allowed")
    run.check(
      protects(first, clearing: .writable)
        && Access.store(0x5555, to: window) == .fault
        && recorded(window) == .accessed | .dirty,
      "protect: it is not, and what walkers recorded is kept")
    let before = TableAccounts(of: kernel)
    run.check(
      succeeds(try space.unmap(pages)) && Access.load(second) == .fault,
      "unmap of the last pages")
    // The root's own tables are permanent.
    let emptied = UInt64(Format.levels - 2)
    let after = TableAccounts(of: kernel)
    run.check(
      after.released == before.released + emptied
        && after.linked == before.linked - emptied,
      "nobody shares: the tables left empty are released at once")
    kernel.free(frame, order: 1)
  }

  private func largeLeaves(_ run: inout TestRun) {
    let block = kernel.block(order: 9)
    let large = VirtualRange(start: window, size: 2 << 20)
    let page = window + 0x5000
    let next = window + 0x6000
    kernel.write(0x5555, to: block.address + 0x5000)
    kernel.write(0x6666, to: block.address + 0x6000)
    run.check(
      succeeds(
        try space.map(large, to: block.address, attributes: .writable))
        && space.translate(page)?.level == 2
        && Access.load(page) == .done(0x5555),
      "map: 2 MiB are one leaf")
    run.check(
      succeeds(
        try space.split(
          at: window, level: 2, breaks: Format.requiresBreakBeforeMake))
        && space.translate(page)?.level == 1
        && Access.load(page) == .done(0x5555)
        && Access.load(next) == .done(0x6666),
      "split: the same data through 512 leaves")
    let hole = VirtualRange(start: page, size: 4096)
    run.check(
      succeeds(try space.unmap(hole)) && Access.load(page) == .fault
        && Access.load(next) == .done(0x6666),
      "unmap of one of them")
    run.check(
      !succeeds(
        try space.collapse(
          at: window, level: 2, breaks: Format.requiresBreakBeforeMake)),
      "collapse: refused while one is missing")
    require(
      try space.map(
        hole, to: block.address + 0x5000, attributes: .writable))
    let before = TableAccounts(of: kernel)
    run.check(
      succeeds(
        try space.collapse(
          at: window, level: 2, breaks: Format.requiresBreakBeforeMake))
        && space.translate(page)?.level == 2
        && Access.load(page) == .done(0x5555)
        && Access.store(0x7777, to: next) == .done(0)
        && kernel.read(block.address + 0x6000) == 0x7777,
      "collapse: the same data through one leaf")
    run.check(
      TableAccounts(of: kernel).released == before.released + 1,
      "the table that it replaced is released")
    require(try space.unmap(large))
    run.check(Access.load(page) == .fault, "unmap of the large leaf")
    kernel.free(block, order: 9)
  }

  /// With tables that stay linked when they are empty, as Linux keeps them.
  ///
  /// - Precondition: The space of `setup` keeps empty tables.
  package func promotion(_ run: inout TestRun) {
    let block = kernel.block(order: 9)
    let large = VirtualRange(start: window, size: 2 << 20)
    kernel.write(0x8888, to: block.address)
    require(
      try space.map(
        VirtualRange(start: window, size: 4096), to: block.address,
        attributes: .writable))
    run.check(Access.load(window) == .done(0x8888), "a small leaf")
    require(try space.unmap(large))
    let before = TableAccounts(of: kernel)
    run.check(
      space.entryKind(at: window, level: 2) == .table,
      "its empty table stays linked, if the space keeps them")
    run.check(
      succeeds(
        try space.map(large, to: block.address, attributes: .writable))
        && space.translate(window)?.level == 2
        && Access.load(window) == .done(0x8888)
        && TableAccounts(of: kernel).released == before.released + 1,
      "promotion: the table makes way for a large leaf, and is released")
    require(try space.unmap(large))
    kernel.free(block, order: 9)
  }

  /// Whether the rights are changed, and nothing holds the former ones.
  private func protects(
    _ range: VirtualRange, setting: LeafAttributes = .none,
    clearing: LeafAttributes = .none
  ) -> Bool {
    do throws(MapError) {
      var stale = try space.protect(
        range, setting: setting, clearing: clearing)
      while !stale.isEmpty {
        do throws(UnansweredError) {
          try stale.invalidate(by: setup.reclaimer)
        } catch {
          continue
        }
      }
    } catch {
      return false
    }
    return true
  }

  /// What walkers recorded in the leaf at `address`.
  private func recorded(_ address: VirtualAddress) -> LeafAttributes {
    let attributes = space.translate(address)?.attributes ?? .none
    return attributes.subtracting(.writable)
  }
}
