import AgreedSequence
import BareKernel
import Fallow

/// The agreed sequence's stage on this machine: `edu` and QEMU's VT-d.
struct EduStage: SequenceStage {
  let setup: X86Setup
  let edu: Edu
  let iommu: VTdUnderTest

  /// Where the device puts what it read, and takes what it is to write.
  let landing: VirtualAddress
  let landingFrame: FrameNumber

  var space: KernelSpace<Format, Reclaimer<VTd<Kernel>>> { setup.space }

  func deviceLoad(_ address: VirtualAddress) -> UInt64? {
    edu.read(address)
    if iommu.takeFault() != nil { return nil }
    edu.write(landing)
    return look(at: landingFrame.address)
  }

  func deviceStore(_ value: UInt64, to address: VirtualAddress) -> Bool {
    own(landingFrame.address, value: value)
    edu.read(landing)
    edu.write(address)
    return iommu.takeFault() == nil
  }

  func look(at address: PhysicalAddress) -> UInt64 {
    Kernel().read(address)
  }

  func own(_ address: PhysicalAddress, value: UInt64) {
    Kernel().write(value, to: address)
  }
}
