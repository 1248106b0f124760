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
  package let process: UserSpace<Format, Reclaimer<Driver>>

  /// Makes both, and maps the lowest 4 GiB where they are: the image, its
  /// memory and its devices.
  ///
  /// - Parameter limit: How many tables may be quarantined before the next
  ///   operation that may sleep drains them.
  package init(
    driver: Driver, emptyTables: EmptyTables = .free, limit: UInt64 = .max
  ) {
    reclaimer = Reclaimer(sharing: Sharing(driver: driver), limit: limit)
    guard
      let space = KernelSpace<Format, Reclaimer<Driver>>.make(
        scheme: reclaimer, emptyTables: emptyTables),
      let process = UserSpace.make(copying: space)
    else { Machine.panic("no frames for a root", 0) }
    self.space = space
    self.process = process
    var unlinked = UnlinkedTables<Kernel, UserHalf>(on: space.platform)
    let outcome = process.map(
      VirtualRange(start: VirtualAddress(0), size: 4 << 30),
      to: PhysicalAddress(0),
      attributes: .writable | .executable | .accessed | .dirty,
      into: &unlinked)
    reclaimer.retire(unlinked).invalidated(by: reclaimer.sharing).release()
    if outcome != nil { Machine.panic("the image is not mapped", 0) }
  }

  /// The 1 GiB from here on is the tests': they leave nothing mapped there.
  package var window: VirtualAddress { Format.kernelHalf.start }

  /// Makes this CPU walk the process's tables.
  package func enter() {
    machine_set_root(process.root.address.rawValue)
  }
}
