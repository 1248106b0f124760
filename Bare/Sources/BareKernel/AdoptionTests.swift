import CMachine
package import Fallow

/// The tables that the image booted on, taken over while the CPU walks them.
package struct AdoptionTests<
  Format: PageTableFormat, Driver: IOMMUDriver
> where Driver.P == Kernel, Format.Walked == Driver.Format {
  private typealias Space = KernelSpace<Format, Reclaimer<Driver>>

  private let reclaimer: Reclaimer<Driver>
  private let device: Device
  private let kernel = Kernel()
  private let root = FrameNumber(
    containing: PhysicalAddress(machine_boot_root()))

  /// Tests with a device that `driver` knows and that is bound to no space.
  ///
  /// - Precondition: The CPU walks the boot tables.
  package init(driver: Driver, device: Device) {
    reclaimer = Reclaimer(sharing: Sharing(driver: driver))
    self.device = device
  }

  /// Runs all of it.
  package func run(_ run: inout TestRun) {
    let before = TableAccounts(of: kernel)
    let space: Space
    do throws(MapError) {
      space = try Space(
        adopting: root, reclaimer, isReserved: { Self.isImage($0) })
    } catch {
      Machine.panic("the boot tables are refused", error.address.rawValue)
    }
    let reached = marked(from: root, level: Format.levels)
    run.check(
      reached != nil,
      "adopt: every table that is reached is marked, and the image's reserved")
    run.check(
      TableAccounts(of: kernel).linked == before.linked + (reached ?? 0),
      "adopt: they are accounted linked")
    let page = VirtualRange(start: Format.kernelHalf.start, size: 4096)
    let frame = kernel.block(order: 0)
    kernel.write(0x9999, to: frame.address)
    run.check(
      succeeds(
        try space.map(page, to: frame.address, attributes: .writable))
        && Access.load(page.start) == .done(0x9999)
        && succeeds(try space.unmap(page))
        && Access.load(page.start) == .fault,
      "adopt: the live tables map and unmap like any")
    kernel.free(frame, order: 0)
    retained(&run, space)
  }

  /// A boot table goes the way of any other, up to its end.
  private func retained(_ run: inout TestRun, _ space: Space) {
    let upper = VirtualRange(
      start: VirtualAddress(UInt64(MACHINE_BOOT_UPPER)),
      size: UInt64(MACHINE_BOOT_UPPER_SIZE))
    let table = FrameNumber(
      containing: PhysicalAddress(machine_boot_upper()))
    // Absent, so that no walker reads it; the frame's next owner would.
    let last = table.address + 4088
    kernel.write(0xabcd_0000, to: last)
    let process = Process(sharing: space)
    if !process.bindWithoutPASID(device, tag: 0) {
      Machine.panic("the device is not bound", root.rawValue)
    }
    let before = TableAccounts(of: kernel)
    let free = kernel.freeFrames
    run.check(
      Access.load(upper.start).isDone && succeeds(try space.unmap(upper))
        && Access.load(upper.start) == .fault
        && TableAccounts(of: kernel).quarantined == before.quarantined + 1,
      "adopt: a boot table that an unmap leaves empty is retired")
    reclaimer.reclaim()
    let after = TableAccounts(of: kernel)
    run.check(
      after.retained == before.retained + 1
        && after.released == before.released && after.quarantined == 0
        && word(of: table).state == .retained && kernel.freeFrames == free
        && kernel.read(last) == 0xabcd_0000,
      "adopt: reclaimed, it ends retained, and nobody gets its frame")
    run.check(
      process.unbind() && process.end() == nil,
      "adopt: a process over the boot tables unbinds its device and ends")
  }

  /// How many tables are reached from one on; nil if one of them is not
  /// marked as it should be.
  private func marked(from table: FrameNumber, level: Int) -> UInt64? {
    let word = word(of: table)
    guard word.kind == .table, word.state == .linked, word[.kernelMark],
      word[.reservedMemory] == Self.isImage(table)
    else { return nil }
    var count: UInt64 = 1
    for index in 0..<Format.entriesPerTable {
      let entry = kernel.read(table.address + UInt64(index * 8))
      guard Format.isTable(entry, level: level) else { continue }
      let child = FrameNumber(
        containing: Format.address(in: entry, level: level))
      guard let below = marked(from: child, level: level - 1) else {
        return nil
      }
      count += below
    }
    return count
  }

  private static func isImage(_ frame: FrameNumber) -> Bool {
    frame.address < PhysicalAddress(machine_image_end())
  }

  private func word(of frame: FrameNumber) -> TypeWord {
    TypeWord(
      rawValue: UInt32(truncatingIfNeeded: kernel.load(.typeWord, of: frame)))
  }
}
