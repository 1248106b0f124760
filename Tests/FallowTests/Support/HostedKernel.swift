import Fallow

/// A kernel over a ``HostedMachine``: what a kernel author writes, and no more.
@safe
struct HostedKernel: DirectMapPlatform {
  let reference: Unmanaged<HostedMachine>

  var machine: HostedMachine { unsafe reference.takeUnretainedValue() }

  var directMap: DirectMap { machine.directMap }

  func allocate(order: Int) -> FrameNumber { machine.allocate(order: order) }
  func free(_ block: FrameNumber, order: Int) {
    machine.free(block, order: order)
  }

  var cpuCount: Int { machine.cpuCount }
  func currentCPU() -> Int { HostedMachine.cpu }
  func flushCPUs(_ range: VirtualRange) {}
  func enterReadSection() { machine.enterReadSection() }
  func leaveReadSection() { machine.leaveReadSection() }
  func awaitReaders() { machine.awaitReaders() }
  func lock(_ lock: KernelLock) { machine.lock(lock) }
  func unlock(_ lock: KernelLock) { machine.unlock(lock) }
  func scheduleWorker() { machine.scheduleWorker() }

  func dropped(_ frame: FrameNumber) {
    preconditionFailure("a token was dropped")
  }

  func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    preconditionFailure("a frame is not what its token says")
  }
}
