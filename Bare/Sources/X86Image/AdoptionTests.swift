import AgreedSequence
import BareKernel
import CMachine
import Fallow

/// The tables that the image booted on, taken over while the CPU walks them.
struct AdoptionTests {
  let driver: VTd<Kernel>

  /// - Precondition: The CPU walks the boot tables.
  func run(_ run: inout TestRun) {
    let kernel = Kernel()
    let root = FrameNumber(
      containing: PhysicalAddress(machine_boot_root()))
    let image = FrameNumber(
      containing: PhysicalAddress(machine_image_end()))
    let before = TableAccounts(of: kernel)
    guard
      let space = KernelSpace<Format, Reclaimer<VTd<Kernel>>>.adopt(
        root, scheme: Reclaimer(sharing: Sharing(driver: driver)),
        isReserved: { $0 < image })
    else { Machine.panic("no frames to adopt with", root.rawValue) }
    let directory = FrameNumber(
      containing: Format.tableAddress(
        in: kernel.read(root.address)))
    run.check(
      isMarked(root) && isMarked(directory),
      "adopt: every table that the machine booted on is marked, and reserved")
    run.check(
      TableAccounts(of: kernel).linked == before.linked + 2 + 256,
      "adopt: they and the kernel half's own are accounted linked")
    let page = VirtualRange(start: Format.kernelHalf.start, size: 4096)
    let frame = kernel.block(order: 0)
    kernel.write(0x9999, to: frame.address)
    run.check(
      space.map(page, to: frame.address, attributes: .writable) == .mapped
        && Access.load(page.start) == .done(0x9999)
        && space.unmap(page) == .unmapped
        && Access.load(page.start) == .fault,
      "adopt: the live tables map and unmap like any")
    kernel.free(frame, order: 0)
  }

  private func isMarked(_ frame: FrameNumber) -> Bool {
    let word = TypeWord(
      rawValue: UInt32(
        truncatingIfNeeded: Kernel().load(.typeWord, of: frame)))
    return word.kind == .table && word.state == .linked && word[.kernelMark]
      && word[.reservedMemory]
  }
}
