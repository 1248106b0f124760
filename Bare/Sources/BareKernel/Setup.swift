import CMachine
package import Fallow

/// A kernel's address space, and a process's over it that this machine runs
/// on.
package struct Setup<
  Format: PageTableFormat, Driver: IOMMUDriver
> where Driver.P == Kernel {
  /// What releases the tables.
  package let reclaimer: Reclaimer<Driver>

  /// The half that all processes share.
  package let space: KernelSpace<Format, Reclaimer<Driver>>

  /// The half of the process, whose root has the kernel's half too.
  package let process: Process<Format, Driver>

  /// Makes both, and maps the lowest 4 GiB where they are: the image, its
  /// memory and its devices.
  ///
  /// - Parameter limit: How many tables may be quarantined before the next
  ///   operation that may sleep drains them.
  package init(
    driver: Driver, emptyTables: EmptyTablePolicy = .free, limit: UInt64 = .max
  ) {
    reclaimer = Reclaimer(sharing: Sharing(driver: driver), limit: limit)
    do throws(MapError) {
      space = try KernelSpace(reclaimer, emptyTables: emptyTables)
    } catch {
      Machine.panic("no frames for the kernel's tables", 0)
    }
    process = Process(sharing: space)
    let memory = UInt64(MACHINE_DEVICES)
    if memory > 0 {
      map(0..<memory, .writable | .accessed | .dirty | .uncached)
    }
    map(memory..<4 << 30, .writable | .executable | .accessed | .dirty)
    keepTopLevel()
  }

  /// Maps a stretch of the process's half where it is.
  private func map(_ addresses: Range<UInt64>, _ attributes: LeafAttributes) {
    require(
      try process.space.map(
        VirtualRange(
          start: VirtualAddress(addresses.lowerBound),
          size: UInt64(addresses.count)),
        to: PhysicalAddress(addresses.lowerBound), attributes: attributes))
  }

  /// Keeps the first table below the root of a kernel half that has a root of
  /// its own, as those that roots share are kept.
  private func keepTopLevel() {
    if Format.kernelHalfIndex < Format.entriesPerTable { return }
    require(
      try space.map(
        VirtualRange(start: window + 511 << 30, size: 4096),
        to: PhysicalAddress(UInt64(MACHINE_MEMORY)), attributes: .none))
  }

  /// The root of the tables that translate the kernel half.
  package var kernelRoot: FrameNumber {
    Format.kernelHalfIndex < Format.entriesPerTable
      ? process.space.root : space.root
  }

  /// The 1 GiB from here on is the tests': they leave nothing mapped there.
  package var window: VirtualAddress { Format.kernelHalf.start }

  /// Makes this CPU walk the process's tables.
  package func enter() {
    machine_set_roots(
      process.space.root.address.rawValue, space.root.address.rawValue)
  }
}
