import BareKernel
import CMachine
import Fallow

/// The registers of QEMU's RISC-V IOMMU.
struct RISCVUnderTest: IOMMUUnderTest {
  let driver: RISCVDriver
  let registers: UInt64

  var dropsKernelPagesBySpace: Bool { false }

  /// A read page fault.
  var unmapped: UInt64 { 13 }

  /// A transfer of 8 bytes faults twice, 4 bytes at a time: the report is the
  /// first, and what follows it is dropped.
  func takeFault() -> DeviceFault? {
    guard let fault = driver.takeFault(of: 0) else { return nil }
    while driver.takeFault(of: 0) != nil {}
    return DeviceFault(address: fault.address, reason: UInt64(fault.reason))
  }

  /// What the IOMMU answers to a request for a page with a PASID, by
  /// `tr_req_iova`, `tr_req_ctl` and `tr_response`; nil if it is refused, and
  /// the report of that is taken.
  ///
  /// QEMU before 10.1 answers with the frame number from bit 0 on, and without
  /// its lowest 10 bits: exact if the page leads to 4 MiB that are aligned.
  func translation(
    of address: VirtualAddress, _ pasid: PASID, _ requester: UInt16
  ) -> PhysicalAddress? {
    machine_store64(registers + 0x258, address.rawValue & ~0xfff)
    // Go, a read, PID, PV, DID.
    machine_store64(
      registers + 0x260,
      1 | 1 << 3 | UInt64(pasid.rawValue) &<< 12 | 1 << 32
        | UInt64(requester) &<< 40)
    while machine_load64(registers + 0x260) & 1 != 0 { machine_pause() }
    let response = machine_load64(registers + 0x268)
    if response & 1 != 0 {
      _ = takeFault()
      return nil
    }
    let found = frame(in: response).address
    return found < PhysicalAddress(UInt64(MACHINE_MEMORY))
      ? FrameNumber(response).address : found
  }

  func breakQueue() {
    let queue = (machine_load64(registers + 0x18) &>> 10) &<< 12
    let tail = UInt64(machine_load32(registers + 0x24))
    machine_store64(queue + tail * 16, 0x7f)
    machine_order_before_device()
    machine_store32(registers + 0x24, UInt32(tail + 1) & 255)
  }

  func stopQueue() {
    machine_store32(registers + 0x48, 0)
  }

  /// The directory has as many levels as its mode says, less 1; extended
  /// contexts, of 64 bytes, take 6 bits of the number.
  func context(of requester: UInt16) -> PhysicalAddress {
    let pointer = machine_load64(registers + 0x10)
    var directory = frame(in: pointer)
    var level = (pointer & 15) - 1
    while level > 1 {
      let index = UInt64(requester) &>> (6 + 9 * (level - 2)) & 511
      directory = frame(in: Kernel().read(directory.address + index * 8))
      level -= 1
    }
    return directory.address + (UInt64(requester) & 63) * 64
  }

  var freedPage: StaticString { "freed root" }

  /// QEMU keeps the root of process 0, that of requests without a PASID, with
  /// the device's context.
  func cachedPage(of requester: UInt16) -> FrameNumber {
    FrameNumber(Kernel().read(process(0, of: requester) + 8) & 0xfff_ffff_ffff)
  }

  /// Where the context of a process is: MODE of `pdtp` says how many levels
  /// the directory has.
  private func process(
    _ number: UInt64, of requester: UInt16
  ) -> PhysicalAddress {
    let pointer = Kernel().read(context(of: requester) + 24)
    var directory = FrameNumber(pointer & 0xfff_ffff_ffff)
    var level = pointer &>> 60
    while level > 1 {
      let index = number &>> (8 + 9 * (level - 2)) & 511
      directory = frame(in: Kernel().read(directory.address + index * 8))
      level -= 1
    }
    return directory.address + (number & 255) * 16
  }

  /// The frame number in a register or an entry: from bit 10 on.
  private func frame(in word: UInt64) -> FrameNumber {
    FrameNumber(word &>> 10 & 0xfff_ffff_ffff)
  }

  /// The page is a root itself.
  func plant(_ root: FrameNumber, in page: FrameNumber) {
    Kernel().copy(root, to: page)
  }
}
