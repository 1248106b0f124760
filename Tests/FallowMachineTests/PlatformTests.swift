// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// What the platform refuses, and what it calls.
@Suite struct PlatformTests {
  @Test func aLockThatIsHeldTraps() async {
    await #expect(processExitsWith: .failure) {
      let machine = Machine()
      machine.platform.lock(.sharing)
      machine.platform.lock(.sharing)
    }
    let machine = Machine()
    machine.platform.lock(.sharing)
    machine.platform.lock(.reclamation)
    machine.platform.unlock(.sharing)
    machine.platform.lock(.sharing)
  }

  @Test func aLockThatIsNotHeldTraps() async {
    await #expect(processExitsWith: .failure) {
      let machine = Machine()
      machine.platform.unlock(.sharing)
    }
  }

  @Test func waitingForReadersInsideAReadSectionTraps() async {
    await #expect(processExitsWith: .failure) {
      let machine = Machine()
      machine.platform.enterReadSection()
      machine.platform.awaitReaders()
    }
    let machine = Machine()
    machine.platform.enterReadSection()
    machine.platform.enterReadSection()
    machine.platform.leaveReadSection()
    machine.platform.leaveReadSection()
    machine.platform.awaitReaders()
  }

  @Test func aDroppedTokenTraps() async {
    await #expect(processExitsWith: .failure) {
      let machine = Machine()
      machine.platform.dropped(machine.platform.allocate(order: 0))
    }
  }

  @Test func freeingTwiceTraps() async {
    await #expect(processExitsWith: .failure) {
      let machine = Machine()
      let block = machine.platform.allocate(order: 0)
      machine.platform.free(block, order: 0)
      machine.platform.free(block, order: 0)
    }
  }

  @Test func aFrameThatIsNoMemoryTraps() async {
    await #expect(processExitsWith: .failure) {
      let machine = Machine()
      let frame = FrameNumber(UInt64(machine.configuration.frames))
      _ = machine.platform.load(frame.address)
    }
  }

  @Test func theWorkerIsScheduledByTheCallersClosure() {
    let machine = Machine()
    var count = 0
    machine.onWorkerScheduled = { _ in count += 1 }
    machine.platform.scheduleWorker(after: 0)
    #expect(count == 1)
  }

  @Test func aMachineRunsOutOfFrames() {
    var configuration = Machine.Configuration()
    configuration.frames = 24
    let machine = Machine(configuration)
    #expect(machine.platform.allocate(order: 4) != .none)
    #expect(machine.platform.allocate(order: 3) != .none)
    #expect(machine.platform.allocate(order: 0) == .none)
  }

  @Test func onlyTheNextAllocationIsPreempted() {
    let machine = Machine()
    var blocks: [FrameNumber] = []
    machine.preemptAtNextAllocation {
      blocks.append(machine.platform.allocate(order: 0))
    }
    blocks.append(machine.platform.allocate(order: 0))
    blocks.append(machine.platform.allocate(order: 0))
    #expect(blocks.count == 3)
    #expect(Set(blocks).count == 3)
    // The preempted actor took its frame before.
    #expect(blocks[1] < blocks[0])
  }
}
