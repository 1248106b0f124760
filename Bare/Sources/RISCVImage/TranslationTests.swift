import BareKernel
import CMachine
import Fallow

/// Requests with a PASID: no device that QEMU emulates issues any, so the IOMMU
/// is asked by its debug registers, `tr_req_iova` and `tr_req_ctl`.
struct TranslationTests {
  let setup: RISCVSetup
  let iommu: RISCVUnderTest
  let device: Device

  private var kernel: Kernel { Kernel() }

  /// Two spaces under PASIDs of their own, beside the one that requests without
  /// a PASID reach.
  func run(_ run: inout TestRun) {
    // QEMU looks up process IDs of 8 bits.
    let pasids = [PASID(5), PASID(0x85)] as InlineArray<2, PASID>
    let free = kernel.freeFrames
    let first = Process(sharing: setup.space)
    let second = Process(sharing: setup.space)
    let frames = (kernel.block(order: 10), kernel.block(order: 10))
    let page = VirtualRange(start: VirtualAddress(1 << 30), size: 4096)
    map(page, to: frames.0.address, in: first)
    map(page, to: frames.1.address, in: second)
    run.check(
      answer(page.start, pasids[0]) == nil
        && first.bind(device, as: pasids[0])
        && second.bind(device, as: pasids[1]),
      "PASIDs: two spaces are bound beside the one without a PASID")
    run.check(
      answer(page.start, pasids[0]) == frames.0.address
        && answer(page.start, pasids[1]) == frames.1.address,
      "PASIDs: each is answered through the process directory")
    run.check(
      answer(page.start, PASID(6)) == nil
        && !first.bind(device, as: PASID(0x105)),
      "PASIDs: a third is refused, and one that the IOMMU cannot look up")
    run.check(
      first.unbind()
        && answer(page.start, pasids[0]) == nil
        && answer(page.start, pasids[1]) == frames.1.address
        && second.unbind()
        && answer(page.start, pasids[1]) == nil,
      "PASIDs: unbound, each is refused, and the other is not")
    let isRefused = first.end() == .mapped
    first.unmap(page)
    second.unmap(page)
    kernel.free(frames.0, order: 10)
    kernel.free(frames.1, order: 10)
    run.check(
      isRefused && first.end() == nil && second.end() == nil
        && kernel.freeFrames == free,
      "PASIDs: a space ends once it is unmapped, and every frame is back")
  }

  private func map(
    _ page: VirtualRange, to address: PhysicalAddress,
    in process: Process<Format, RISCVDriver>
  ) {
    require(
      try process.space.map(
        page, to: address, attributes: .userData | .accessed | .dirty))
  }

  private func answer(
    _ address: VirtualAddress, _ pasid: PASID
  ) -> PhysicalAddress? {
    iommu.translation(of: address, pasid, device.requester)
  }
}
