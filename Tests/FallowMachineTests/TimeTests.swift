// SPDX-License-Identifier: Apache-2.0

import FallowMachine
import Testing

/// The order in which things happen.
@Suite struct TimeTests {
  @Test func bodiesRunInOrderOfTimeThenOfArrival() {
    let machine = Machine()
    var order: [Int] = []
    for (number, time) in [30, 10, 20, 10, 30, 10].enumerated() {
      machine.schedule(at: UInt64(time)) { order.append(number) }
    }
    machine.run(until: 20)
    #expect(order == [1, 3, 5, 2])
    #expect(machine.now == 20)
    machine.run(until: 100)
    #expect(order == [1, 3, 5, 2, 0, 4])
    #expect(machine.now == 100)
  }

  @Test func manyBodiesRunInOrder() {
    let machine = Machine()
    var times: [UInt64] = []
    for number in 0..<1_000 {
      let time = UInt64(number * 7_919 % 1_000)
      machine.schedule(at: time) { times.append(machine.now) }
    }
    machine.run(until: 1_000)
    #expect(times == (0..<1_000).map { UInt64($0) })
  }

  @Test func aBodyMayScheduleAndRunNested() {
    let machine = Machine()
    var order: [String] = []
    machine.schedule(at: 10) {
      order.append("a")
      machine.schedule(at: 15) { order.append("b") }
      machine.run(until: 20)
      order.append("c")
    }
    machine.schedule(at: 12) { order.append("d") }
    machine.run(until: 10)
    #expect(order == ["a", "d", "b", "c"])
    #expect(machine.now == 20)
    // What was due meanwhile and is late runs at once.
    machine.schedule(at: 3) { order.append("e") }
    machine.run(until: 20)
    #expect(order.last == "e")
  }

  @Test func theActorIsRestored() {
    let machine = Machine()
    machine.actor = MachineActor(cpu: 1, task: 5)
    machine.schedule(at: 1) {
      machine.actor = MachineActor(cpu: 0, task: 9)
    }
    machine.run(until: 1)
    #expect(machine.actor == MachineActor(cpu: 1, task: 5))
    machine.currentCPU = 0
    #expect(machine.actor == MachineActor(cpu: 0, task: 5))
  }

  @Test func theStoryBeginsWhereItIsTold() {
    var configuration = Machine.Configuration()
    configuration.requestsPerSecond = 1_000_000
    configuration.arrivals = .regular
    let machine = Machine(configuration)
    machine.start(at: 5_000_000_000)
    var time: UInt64 = 0
    machine.schedule(at: 1) { time = machine.now }
    machine.run(until: 5_000_000_000)
    #expect(time == 5_000_000_000)
  }
}
