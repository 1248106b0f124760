// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// One queue for IOMMUs that count, complete and report errors differently.
@Suite struct CommandQueueTests {
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
    TogglingModel.run { model, queue, _, _ in
      for turn in 0..<2_000 as Range<UInt64> {
        for _ in 0..<(turn % 5) { queue.put(TogglingCommand(low: 1), on: 0) }
        #expect(queue.wait(for: queue.fence(0), on: 0))
      }
      #expect(model.done.filter { $0 == 2 }.count == 2_000)
      #expect(model.done.filter { $0 == 1 }.count == 4_000)
    }
  }

  @Test func aBadCommandIsReplacedAndItsBatchIsVoid() {
    TogglingModel.run { model, queue, _, _ in
      for low: UInt64 in [1, 9, 1] {
        queue.put(TogglingCommand(low: low), on: 0)
      }
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
    TogglingModel.run { model, queue, _, _ in
      queue.put(TogglingCommand(low: 9), on: 0)
      let first = queue.fence(0)
      var second: UInt64 = 0
      model.onErrorRead = {
        model.head += 1
        model.acknowledged = model.errors
        queue.put(TogglingCommand(low: 9), on: 0)
        second = queue.fence(0)
      }
      #expect(!queue.wait(for: first, on: 0))
      #expect(model.onErrorRead == nil)
      #expect(!queue.wait(for: second, on: 0))
      #expect(queue.wait(for: queue.fence(0), on: 0))
    }
  }

  @Test func aDeadIOMMUIsWaitedForOnce() {
    TogglingModel.run { model, queue, script, _ in
      model.isDead = true
      for _ in 0..<1_000 { queue.put(TogglingCommand(low: 1), on: 0) }
      let ticket = queue.fence(0)
      #expect(script.waits == 1)
      #expect(!queue.wait(for: ticket, on: 0))
      for _ in 0..<10 {
        for _ in 0..<300 { queue.put(TogglingCommand(low: 1), on: 0) }
        #expect(!queue.wait(for: queue.fence(0), on: 0))
      }
      #expect(script.waits == 1)
      model.isDead = false
      model.work()
      _ = queue.fence(0)
      #expect(queue.wait(for: queue.fence(0), on: 0))
    }
  }

  @Test func aWaiterForRoomGivesUpWhenTheQueueIsAbandoned() {
    TogglingModel.run { model, queue, script, _ in
      model.isDead = true
      var held: [KernelLock] = []
      script.onWait = {
        held.append(.sharing)
        queue.abandon(0)
      }
      for _ in 0..<300 { queue.put(TogglingCommand(low: 1), on: 0) }
      #expect(held == [.sharing])
      #expect(!queue.wait(for: queue.fence(0), on: 0))
    }
  }

  @Test func aResetVoidsWhatWasBeforeAndNothingAfter() {
    TogglingModel.run { model, queue, _, _ in
      model.isDead = true
      queue.put(TogglingCommand(low: 1), on: 0)
      let before = queue.fence(0)
      queue.put(TogglingCommand(low: 1), on: 0)
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
    TogglingModel.run { model, queue, _, _ in
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
        queue.put(TogglingCommand(low: 1), on: 0)
        if !queue.wait(for: queue.fence(0), on: 0) { failures += 1 }
      }
      #expect(failures == 0)
      let failed = queue.control.load(.failed, of: 0)
      #expect(queue.control.load(.tail, of: 0) - failed < 1 << 30 + 256)
      queue.put(TogglingCommand(low: 9), on: 0)
      #expect(!queue.wait(for: queue.fence(0), on: 0))
      #expect(queue.wait(for: queue.fence(0), on: 0))
    }
  }
}
