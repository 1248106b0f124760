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
    let pasids = [PASID(5), PASID(0x1_0005)] as InlineArray<2, PASID>
    guard let first = UserSpace.make(copying: setup.space),
      let second = UserSpace.make(copying: setup.space)
    else { Machine.panic("no frames for a root", 0) }
    let frames = kernel.block(order: 1)
    let page = VirtualRange(start: VirtualAddress(1 << 30), size: 4096)
    map(page, to: frames.address, in: first)
    map(page, to: frames.address + 4096, in: second)
    let reclaimer = setup.reclaimer
    run.check(
      answer(page.start, pasids[0]) == nil
        && reclaimer.bind(first.root, to: device, as: pasids[0]) == .bound
        && reclaimer.bind(second.root, to: device, as: pasids[1]) == .bound,
      "PASIDs: two spaces are bound beside the one without a PASID")
    run.check(
      answer(page.start, pasids[0]) == frames.address
        && answer(page.start, pasids[1]) == frames.address + 4096,
      "PASIDs: each is answered through the process directory")
    run.check(
      answer(page.start, PASID(6)) == nil,
      "PASIDs: a third is refused")
    run.check(
      reclaimer.unbind(first.root, from: device, as: pasids[0]) == .left
        && answer(page.start, pasids[0]) == nil
        && answer(page.start, pasids[1]) == frames.address + 4096
        && reclaimer.unbind(second.root, from: device, as: pasids[1]) == .left
        && answer(page.start, pasids[1]) == nil,
      "PASIDs: unbound, each is refused, and the other is not")
    unmap(page, in: first)
    unmap(page, in: second)
    kernel.free(frames, order: 1)
  }

  private typealias User = UserSpace<Format, Reclaimer<RISCVDriver>>

  private func map(
    _ page: VirtualRange, to address: PhysicalAddress, in space: User
  ) {
    var unlinked = UnlinkedTables<Kernel, UserHalf>(on: kernel)
    let outcome = space.map(
      page, to: address, attributes: .userData | .accessed | .dirty,
      into: &unlinked)
    setup.reclaimer.retire(unlinked).invalidated(by: setup.reclaimer.sharing)
      .release()
    if outcome != .mapped { Machine.panic("a page is not mapped", 0) }
  }

  private func unmap(_ page: VirtualRange, in space: User) {
    var unlinked = UnlinkedTables<Kernel, UserHalf>(on: kernel)
    _ = space.unmap(page, into: &unlinked)
    setup.reclaimer.retire(unlinked).invalidated(by: setup.reclaimer.sharing)
      .release()
  }

  private func answer(
    _ address: VirtualAddress, _ pasid: PASID
  ) -> PhysicalAddress? {
    iommu.translation(of: address, pasid, device.requester)
  }
}
