// SPDX-License-Identifier: Apache-2.0

@testable import Fallow

/// A command of an IOMMU that completes by its head, has a wrap bit in it,
/// and reports errors by toggling a bit: as Arm's SMMUv3 does.
struct TogglingCommand: IOMMUCommand {
  var low: UInt64
  var high: UInt64 = 0

  static var size: UInt64 { 16 }
  static func wait(writing: UInt32, to: PhysicalAddress) -> Self {
    Self(low: 2)
  }
  static func order(scratch: PhysicalAddress) -> Self { Self(low: 3) }
  static func head(of iommu: Int) -> IOMMURegister { register(0, iommu) }
  static func tail(of iommu: Int) -> IOMMURegister { register(4, iommu) }
  static var positions: QueuePositions {
    QueuePositions(commandSize: size, scale: 0, hasWrapBit: true)
  }
  static func errorRegister(of iommu: Int) -> IOMMURegister {
    register(8, iommu)
  }
  static var errorMask: UInt64 { 1 }
  static func quietErrors<P: IOMMUPlatform>(
    of iommu: Int, on platform: P
  ) throws(P.Interruption) -> UInt64 {
    try platform.load(register(12, iommu)) & errorMask
  }
  static func acknowledge<P: IOMMUPlatform>(
    _ reported: UInt64, of iommu: Int, on platform: P
  ) throws(P.Interruption) {
    try platform.store(reported & errorMask, to: register(12, iommu))
  }
  static func isInvalidCommand(_ reported: UInt64, head: UInt64) -> Bool {
    head >> 24 != 0
  }
  static func register(_ offset: Int, _ iommu: Int) -> IOMMURegister {
    IOMMURegister(iommu: iommu, offset: offset, isWide: false)
  }
}

/// Its registers.
final class TogglingModel: RegisterModel {
  let kernel: ScriptedKernel
  let queue: PhysicalAddress
  var head: UInt64 = 0
  var tail: UInt64 = 0
  var errors: UInt64 = 0
  var acknowledged: UInt64 = 0
  var reason: UInt64 = 0
  var isDead = false
  var done: [UInt64] = []
  /// Runs when the errors are read the next time but one.
  var onErrorRead: (() -> Void)?
  private var errorReads = 0
  /// Runs when the head is read the next time, before it is.
  var onHeadRead: (() -> Void)?
  /// Runs when the bell is rung the next time, after the commands.
  var onBell: (() -> Void)?
  /// Runs when errors are acknowledged the next time, before the commands.
  var onAcknowledge: (() -> Void)?

  init(_ kernel: ScriptedKernel, _ queue: PhysicalAddress) {
    self.kernel = kernel
    self.queue = queue
  }

  func read(_ register: IOMMURegister) -> UInt64 {
    if register.offset == 8, let action = onErrorRead {
      errorReads += 1
      if errorReads == 2 {
        onErrorRead = nil
        action()
      }
    }
    if register.offset == 0, let action = onHeadRead {
      onHeadRead = nil
      action()
    }
    return [0: head | reason << 24, 4: tail, 8: errors, 12: acknowledged][
      register.offset] ?? 0
  }

  func write(_ value: UInt64, to register: IOMMURegister) {
    if register.offset == 4 { tail = value }
    if register.offset == 12 {
      if let action = onAcknowledge {
        onAcknowledge = nil
        action()
      }
      acknowledged = value
    }
    if errors == acknowledged { reason = 0 }
    if !isDead { work() }
    if register.offset == 4, let action = onBell {
      onBell = nil
      action()
    }
  }

  func work() {
    while head != tail, errors == acknowledged {
      let command = kernel.load(queue + (head & 255) * 16)
      if command == 9 {
        errors ^= 1
        reason = 1
        return
      }
      done.append(command)
      head = (head + 1) & 511
    }
  }
}

extension TogglingModel {
  typealias Queue = CommandQueue<ScriptedKernel, TogglingCommand>

  /// Runs `body` with an IOMMU, its queue, and the machine.
  static func run(
    _ body: (TogglingModel, Queue, RegisterScript, HostedMachine) throws -> Void
  ) rethrows {
    try RegisterScript.run { script, kernel, machine in
      guard let control = kernel.zeroedFrame(),
        let commands = kernel.zeroedFrame()
      else { preconditionFailure("no frames") }
      let model = TogglingModel(kernel, commands.address)
      script.model = model
      let frame = ControlFrame(platform: kernel, frame: control)
      frame.store(commands.address.rawValue, to: .queue, of: 0)
      try body(model, Queue(frame, completion: .head), script, machine)
    }
  }
}
