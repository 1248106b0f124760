import Fallow

@main
struct SmallKernel {
  // swift-format-ignore: NeverForceUnwrap
  static func main() throws {
    // The README shows what stands between the two lines.
    // ---- README
    let driver = Driver(platform: Kernel(directMap: directMap))
    let reclaimer = Reclaimer(sharing: Sharing(driver: driver))
    let kernel = try KernelSpace<X86FourLevel, _>(reclaimer)
    var process: UserSpace? = try UserSpace(sharing: kernel)

    // A device may now walk the process's tables, the kernel half included.
    let gpu = Device(iommu: 0, requester: 8)
    var binding: DeviceBinding? = try reclaimer.bind(
      gpu, to: process!, as: PASID(1))

    // Four pages of the process; then they are no longer writable.
    let pages = VirtualRange(start: VirtualAddress(0x40_0000), size: 4 << 12)
    try process!.map(
      pages, to: PhysicalAddress(0x20_0000), attributes: .userData)
    var stale = try process!.protect(pages, clearing: .writable)
    try stale.invalidate(by: reclaimer)  // now no CPU or device writes there

    // Unmapped, they are forgotten by all before their frames are used again.
    stale = try process!.unmap(pages)
    try stale.invalidate(by: reclaimer)

    // Three pages of the kernel: the first needs tables, the last frees them.
    let buffer = VirtualRange(
      start: X86FourLevel.kernelHalf.start, size: 3 << 12)
    try kernel.map(
      buffer, to: PhysicalAddress(0x30_0000), attributes: .kernelData)
    try kernel.unmap(buffer)  // unlinked, flushed, retired: not yet released

    // Later, where it may sleep: the worker that `scheduleWorker(after:)` woke.
    reclaimer.reclaim()  // every IOMMU forgets, then the frames go back

    try reclaimer.unbind(&binding)  // refused if the IOMMU does not answer
    try UserSpace.end(&process)  // refused while something is mapped or bound
    // ---- README

    let accounts = TableAccounts(of: kernel.platform)
    print(
      "tables: \(accounts.linked) linked, \(accounts.quarantined) quarantined,",
      "\(accounts.released) released")
  }
}
