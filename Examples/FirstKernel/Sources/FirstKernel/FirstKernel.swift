import Boot
import Fallow

typealias Driver = NoIOMMU<Kernel, Machine.Format>
typealias Process = UserSpace<Machine.Format, Reclaimer<Driver>>

@main
struct FirstKernel {
  /// The one process; it owns its half of the address space until it ends.
  nonisolated(unsafe) static var process: Process?

  static func main() {
    guard
      let memory = unsafe KernelMemory(
        at: boot_pointer(Machine.start),
        firstAddress: PhysicalAddress(Machine.start), size: Machine.size,
        firstFree: PhysicalAddress(boot_image_end()))
    else { Console.stop("too little memory", Machine.size) }
    let kernel = Kernel(memory: memory)
    Console.write("free frames   0x", UInt64(memory.freeFrames))
    do throws(MapError) {
      try run(Reclaimer(sharing: Sharing(driver: Driver(on: kernel))))
    } catch {
      Console.stop(error.kind.text, error.address.rawValue)
    }
    Console.write("free frames   0x", UInt64(memory.freeFrames))
    boot_exit(true)
  }

  /// Maps a page for the kernel and for a process, uses it, and unmaps it.
  static func run(_ reclaimer: Reclaimer<Driver>) throws(MapError) {
    let kernel = reclaimer.platform
    let space = try KernelSpace<Machine.Format, _>(reclaimer)
    try unsafe Process.make(sharing: space, in: &process)
    guard let user = unsafe process?.handle else { return }

    // The image, its memory and the devices, where they are: from here on the
    // CPU walks the library's tables.
    try user.map(
      VirtualRange(start: VirtualAddress(Machine.start), size: Machine.size),
      to: PhysicalAddress(Machine.start),
      attributes: .writable | .executable | .accessed | .dirty)
    try user.map(
      Machine.devices, to: PhysicalAddress(Machine.devices.start.rawValue),
      attributes: Machine.deviceAttributes | .writable | .accessed | .dirty)
    boot_set_roots(
      user.root.address.rawValue, space.root.address.rawValue)

    // One frame, mapped in both halves.
    let frame = kernel.allocate(order: 0)
    let page = VirtualRange(start: Machine.Format.kernelHalf.start, size: 4096)
    try space.map(page, to: frame.address, attributes: .kernelData)
    boot_store(page.start.rawValue, 0xf00d)
    Console.write("kernel page   0x", page.start.rawValue)
    let userPage = VirtualRange(start: VirtualAddress(1 << 36), size: 4096)
    try user.map(
      userPage, to: frame.address,
      attributes: .userData | .accessed | .dirty)
    Console.write("user page has 0x", boot_load(userPage.start.rawValue))

    // Unmapped from both, the frame may be used again.
    var stale = try user.unmap(userPage)
    while !stale.isEmpty {
      do throws(UnansweredError) {
        try stale.invalidate(by: reclaimer)
      } catch { continue }
    }
    try space.unmap(page)
    kernel.free(frame, order: 0)
    if kernel.takeWorkerRequest() {
      Console.write("worker frees  0x", reclaimer.quarantined())
      reclaimer.reclaim()
    }
  }
}
