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
      space.map(pages, to: frame.address, attributes: .writable) == nil
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
      space.unmap(first) == nil && Access.load(window) == .fault
        && Access.load(second) == .done(0x2222),
      "unmap: a load faults, its neighbour's does not")
    run.check(
      space.map(first, to: frame.address, attributes: .none) == nil
        && Access.load(window) == .done(0x3333)
        && Access.store(0x4444, to: window) == .fault
        && kernel.read(frame.address) == 0x3333,
      "mapped for loads: a store faults")
    run.check(
      protect(first, setting: .writable) == nil
        && Access.store(0x4444, to: window).isDone
        && kernel.read(frame.address) == 0x4444,
      "protect: the store is allowed")
    run.check(
      protect(first, clearing: .writable) == nil
        && Access.store(0x5555, to: window) == .fault
        && recorded(window) == .accessed | .dirty,
      "protect: it is not, and what walkers recorded is kept")
    let before = TableAccounts(of: kernel)
    run.check(
      space.unmap(pages) == nil && Access.load(second) == .fault,
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
      space.map(large, to: block.address, attributes: .writable) == nil
        && space.translate(page)?.level == 2
        && Access.load(page) == .done(0x5555),
      "map: 2 MiB are one leaf")
    run.check(
      space.split(at: window, level: 2) == nil
        && space.translate(page)?.level == 1
        && Access.load(page) == .done(0x5555)
        && Access.load(next) == .done(0x6666),
      "split: the same data through 512 leaves")
    let hole = VirtualRange(start: page, size: 4096)
    run.check(
      space.unmap(hole) == nil && Access.load(page) == .fault
        && Access.load(next) == .done(0x6666),
      "unmap of one of them")
    run.check(
      collapse()?.kind == .notCollapsible,
      "collapse: refused while one is missing")
    _ = space.map(
      hole, to: block.address + 0x5000, attributes: .writable)
    let before = TableAccounts(of: kernel)
    run.check(
      collapse() == nil && space.translate(page)?.level == 2
        && Access.load(page) == .done(0x5555)
        && Access.store(0x7777, to: next) == .done(0)
        && kernel.read(block.address + 0x6000) == 0x7777,
      "collapse: the same data through one leaf")
    run.check(
      TableAccounts(of: kernel).released == before.released + 1,
      "the table that it replaced is released")
    _ = space.unmap(large)
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
    _ = space.map(
      VirtualRange(start: window, size: 4096), to: block.address,
      attributes: .writable)
    run.check(Access.load(window) == .done(0x8888), "a small leaf")
    _ = space.unmap(large)
    let before = TableAccounts(of: kernel)
    run.check(
      space.shape(at: window, level: 2) == .table,
      "its empty table stays linked, if the space keeps them")
    run.check(
      space.map(large, to: block.address, attributes: .writable) == nil
        && space.translate(window)?.level == 2
        && Access.load(window) == .done(0x8888)
        && TableAccounts(of: kernel).released == before.released + 1,
      "promotion: the table makes way for a large leaf, and is released")
    _ = space.unmap(large)
    kernel.free(block, order: 9)
  }

  private func protect(
    _ range: VirtualRange, setting: LeafAttributes = .none,
    clearing: LeafAttributes = .none
  ) -> MapError? {
    var revoked = LeafAttributes.none
    return space.protect(
      range, setting: setting, clearing: clearing, revoked: &revoked)
  }

  private func collapse() -> MapError? {
    var unlinked = UnlinkedTables<Kernel, KernelHalf>(on: kernel)
    let outcome = space.collapse(at: window, level: 2, into: &unlinked)
    setup.reclaimer.retire(unlinked)
    return outcome
  }

  /// What walkers recorded in the leaf at `address`.
  private func recorded(_ address: VirtualAddress) -> LeafAttributes {
    let attributes = space.translate(address)?.attributes ?? .none
    return attributes.subtracting(.writable)
  }
}
