// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

@testable import Fallow

/// The registers of an IOMMU that a test writes itself.
protocol RegisterModel: AnyObject {
  func read(_ register: IOMMURegister) -> UInt64
  func write(_ value: UInt64, to register: IOMMURegister)
}

/// A ``HostedKernel`` with an IOMMU whose registers are a model's.
@safe
struct ScriptedKernel: IOMMUPlatform, DirectMapped, X86Processors {
  let kernel: HostedKernel
  let script: Unmanaged<RegisterScript>

  var directMap: DirectMap { kernel.directMap }
  func allocate(order: Int) -> FrameNumber { kernel.allocate(order: order) }
  func free(_ block: FrameNumber, order: Int) {
    kernel.free(block, order: order)
  }

  var cpuCount: Int { kernel.cpuCount }
  func currentCPU() -> Int { kernel.currentCPU() }
  func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) {}
  func enterReadSection() { kernel.enterReadSection() }
  func leaveReadSection() { kernel.leaveReadSection() }
  func awaitReaders() { kernel.awaitReaders() }
  func readersHaveLeft() -> Bool { kernel.readersHaveLeft() }
  func lock(_ lock: KernelLock) { kernel.lock(lock) }
  func unlock(_ lock: KernelLock) { kernel.unlock(lock) }
  func scheduleWorker(after delay: UInt64) {}
  func isolate(_ device: Device) {}

  func load(_ register: IOMMURegister) -> UInt64 {
    let script = unsafe script.takeUnretainedValue()
    return script.access.withLock { script.model?.read(register) ?? 0 }
  }

  func store(_ value: UInt64, to register: IOMMURegister) {
    let script = unsafe script.takeUnretainedValue()
    script.access.withLock { script.model?.write(value, to: register) }
  }

  /// Looks as often as ``RegisterScript/patience`` says;
  /// ``RegisterScript/onWait`` comes first.
  func await(_ condition: IOMMUCondition) {
    if condition.holds(on: self) { return }
    let script = unsafe script.takeUnretainedValue()
    script.waitCount.add(1, ordering: .relaxed)
    script.onWait?()
    for _ in 0..<script.patience {
      if condition.holds(on: self) { return }
    }
    script.vainWaitCount.add(1, ordering: .relaxed)
  }

  func dropped(_ frame: FrameNumber) {
    preconditionFailure("a token was dropped")
  }

  func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    preconditionFailure("a frame is not what its token says")
  }
}

/// What a ``ScriptedKernel`` refers to.
final class RegisterScript: @unchecked Sendable {
  var model: (any RegisterModel)?

  /// One access to a register at a time.
  let access = NSRecursiveLock()

  fileprivate let waitCount = Atomic(0)
  fileprivate let vainWaitCount = Atomic(0)

  /// How often something was waited for that had not come about yet.
  var waits: Int { waitCount.load(ordering: .relaxed) }

  /// How often it had not come about when patience ended.
  var waitsInVain: Int { vainWaitCount.load(ordering: .relaxed) }

  /// How often a waiter looks.
  var patience = 100

  /// Runs whenever that happens.
  var onWait: (() -> Void)?

  /// Runs `body` on a machine of `frames` frames, whose IOMMU has no registers
  /// before the script has a model.
  static func run(
    frames: Int = 1024,
    _ body: (RegisterScript, ScriptedKernel, HostedMachine) throws -> Void
  ) rethrows {
    try HostedMachine.run(frames: frames) { machine in
      let script = RegisterScript()
      try withExtendedLifetime(script) {
        try body(
          script,
          unsafe ScriptedKernel(
            kernel: machine.kernel, script: .passUnretained(script)), machine)
      }
    }
  }
}
