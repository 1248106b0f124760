import Fallow

@main
struct SmallKernel {
  static func main() {
    // The README shows what stands between the two lines.
    // ---- README
    let driver = Driver(platform: Kernel(directMap: directMap))
    let reclaimer = Reclaimer(sharing: Sharing(driver: driver))
    guard let kernel = KernelSpace<X86FourLevel, _>.make(scheme: reclaimer)
    else { fatalError("no frames for the kernel's tables") }
    guard let user = UserSpace.make(copying: kernel)
    else { fatalError("no frames for a process's root") }

    // A device may now walk the process's tables, the kernel half included.
    _ = reclaimer.bind(
      user.root, to: Device(iommu: 0, requester: 8), as: PASID(1))

    // Three pages: the first needs tables, the last gives them back.
    let range = VirtualRange(
      start: X86FourLevel.kernelHalf.start, size: 3 << 12)
    _ = kernel.map(
      range, to: PhysicalAddress(0x200_0000), attributes: .kernelData)
    _ = kernel.unmap(range)  // unlinked, flushed, retired: not yet released

    // Later, where it may sleep: the worker that `scheduleWorker(after:)` woke.
    reclaimer.reclaim()  // every IOMMU forgets, then the frames go back
    // ---- README

    let accounts = TableAccounts(of: kernel.platform)
    print(
      "tables: \(accounts.linked) linked, \(accounts.quarantined) quarantined,",
      "\(accounts.released) released")
  }
}
