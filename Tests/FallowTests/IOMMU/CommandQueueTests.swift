// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// One queue for IOMMUs that count, complete and report errors differently.
@Suite struct CommandQueueTests {
  /// A command of an IOMMU that completes by its head, has a wrap bit in it,
  /// and reports errors by toggling a bit: as Arm's SMMUv3 does.
  struct Toggling: IOMMUCommand {
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
  final class Model: RegisterModel {
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
      return [0: head | reason << 24, 4: tail, 8: errors, 12: acknowledged][
        register.offset] ?? 0
    }

    func write(_ value: UInt64, to register: IOMMURegister) {
      if register.offset == 4 { tail = value }
      if register.offset == 12 { acknowledged = value }
      if errors == acknowledged { reason = 0 }
      if !isDead { work() }
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

  private typealias Queue = CommandQueue<ScriptedKernel, Toggling>

  private func withQueue(
    _ body: (Model, Queue, RegisterScript) throws -> Void
  ) rethrows {
    try RegisterScript.run { script, kernel, _ in
      guard let control = kernel.zeroedFrame(),
        let commands = kernel.zeroedFrame()
      else { preconditionFailure("no frames") }
      let model = Model(kernel, commands.address)
      script.model = model
      let frame = ControlFrame(platform: kernel, frame: control)
      frame.store(commands.address.rawValue, to: .queue, of: 0)
      try body(model, Queue(frame, completion: .head), script)
    }
  }

  @Test func positionsCountRoundAndRound() {
    for hasWrapBit in [false, true] {
      let positions = QueuePositions(
        commandSize: 32, scale: 5, hasWrapBit: hasWrapBit)
      #expect(positions.capacity == 128)
      for count: UInt64 in [0, 1, 127, 128, 129, 255, 256, 1 << 40 + 3] {
        let register = positions.position(of: count)
        for limit in count..<(count + 127) {
          #expect(positions.count(at: register, upTo: limit) == count)
        }
        let next = positions.nextTurn(after: count)
        #expect(next > count && positions.position(of: next) == 0)
      }
    }
  }

  @Test func commandsGoRoundTheQueueAndComplete() {
    withQueue { model, queue, _ in
      for turn in 0..<2_000 as Range<UInt64> {
        for _ in 0..<(turn % 5) { queue.put(Toggling(low: 1), on: 0) }
        #expect(queue.wait(for: queue.fence(0), on: 0))
      }
      #expect(model.done.filter { $0 == 2 }.count == 2_000)
      #expect(model.done.filter { $0 == 1 }.count == 4_000)
    }
  }

  @Test func aBadCommandIsReplacedAndItsBatchIsVoid() {
    withQueue { model, queue, _ in
      for low: UInt64 in [1, 9, 1] { queue.put(Toggling(low: low), on: 0) }
      let ticket = queue.fence(0)
      let later = queue.fence(0)
      #expect(!queue.wait(for: ticket, on: 0))
      #expect(model.done == [1, 3, 1, 2, 2])
      // It was in the IOMMU's hands, too.
      #expect(!queue.wait(for: later, on: 0))
      #expect(queue.wait(for: queue.fence(0), on: 0))
      #expect(!queue.wait(for: ticket, on: 0))
    }
  }

  /// While one waiter is about to handle an error, another has handled it, and
  /// a command that was rung since has failed too.
  @Test func anErrorVoidsWhatWasRungBeforeItWasRead() {
    withQueue { model, queue, _ in
      queue.put(Toggling(low: 9), on: 0)
      let first = queue.fence(0)
      var second: UInt64 = 0
      model.onErrorRead = {
        model.head += 1
        model.acknowledged = model.errors
        queue.put(Toggling(low: 9), on: 0)
        second = queue.fence(0)
      }
      #expect(!queue.wait(for: first, on: 0))
      #expect(model.onErrorRead == nil)
      #expect(!queue.wait(for: second, on: 0))
      #expect(queue.wait(for: queue.fence(0), on: 0))
    }
  }

  @Test func aDeadIOMMUIsWaitedForOnce() {
    withQueue { model, queue, script in
      model.isDead = true
      for _ in 0..<1_000 { queue.put(Toggling(low: 1), on: 0) }
      let ticket = queue.fence(0)
      #expect(script.waits == 1)
      #expect(!queue.wait(for: ticket, on: 0))
      for _ in 0..<10 {
        for _ in 0..<300 { queue.put(Toggling(low: 1), on: 0) }
        #expect(!queue.wait(for: queue.fence(0), on: 0))
      }
      #expect(script.waits == 1)
      model.isDead = false
      model.work()
      _ = queue.fence(0)
      #expect(queue.wait(for: queue.fence(0), on: 0))
    }
  }

  @Test func whoWaitsForRoomGivesUpWhenTheQueueIsAbandoned() {
    withQueue { model, queue, script in
      model.isDead = true
      var held: [KernelLock] = []
      script.onWait = {
        held.append(.sharing)
        queue.abandon(0)
      }
      for _ in 0..<300 { queue.put(Toggling(low: 1), on: 0) }
      #expect(held == [.sharing])
      #expect(!queue.wait(for: queue.fence(0), on: 0))
    }
  }

  @Test func aResetVoidsWhatWasBeforeAndNothingAfter() {
    withQueue { model, queue, _ in
      model.isDead = true
      queue.put(Toggling(low: 1), on: 0)
      let before = queue.fence(0)
      queue.put(Toggling(low: 1), on: 0)
      queue.reset(0)
      model.head = 0
      model.isDead = false
      #expect(!queue.wait(for: before, on: 0))
      #expect(queue.wait(for: queue.fence(0), on: 0))
    }
  }

  @Test(
    arguments: [
      1 << 31 - 40, 1 << 32 - 40, 1 << 33 - 40, 1 << 62,
    ] as [UInt64])
  func ticketsAreComparedAcrossTheEndOfTheirNumbers(start: UInt64) {
    withQueue { model, queue, _ in
      let count = start & ~511
      for word in [
        ControlFrame<ScriptedKernel>.Word.tail, .head, .rung, .batch,
      ] {
        queue.control.store(count, to: word, of: 0)
      }
      // The last failure is as long ago as any can be.
      queue.control.store(count &- 1 << 30, to: .failed, of: 0)
      var failures = 0
      for _ in 0..<2_000 {
        queue.put(Toggling(low: 1), on: 0)
        if !queue.wait(for: queue.fence(0), on: 0) { failures += 1 }
      }
      #expect(failures == 0)
      let failed = queue.control.load(.failed, of: 0)
      #expect(queue.control.load(.tail, of: 0) - failed < 1 << 30 + 256)
      queue.put(Toggling(low: 9), on: 0)
      #expect(!queue.wait(for: queue.fence(0), on: 0))
      #expect(queue.wait(for: queue.fence(0), on: 0))
    }
  }
}
