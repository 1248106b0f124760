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
    driver: Driver, emptyTables: EmptyTables = .free, limit: UInt64 = .max
  ) {
    reclaimer = Reclaimer(sharing: Sharing(driver: driver), limit: limit)
    do throws(MapError) {
      space = try KernelSpace(reclaimer, emptyTables: emptyTables)
    } catch {
      Machine.panic("no frames for the kernel's tables", 0)
    }
    process = Process(sharing: space)
    require(
      try process.space.map(
        VirtualRange(start: VirtualAddress(0), size: 4 << 30),
        to: PhysicalAddress(0),
        attributes: .writable | .executable | .accessed | .dirty))
  }

  /// The 1 GiB from here on is the tests': they leave nothing mapped there.
  package var window: VirtualAddress { Format.kernelHalf.start }

  /// Makes this CPU walk the process's tables.
  package func enter() {
    machine_set_root(process.space.root.address.rawValue)
  }
}
