// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Interrupts that retire, and workers that run, between any two accesses.
@Suite struct InterruptTests {
  /// A map and unmap that leaves two tables to retire.
  func churn(_ space: HostedMachine.SpySpace, gib: Int) {
    let page = range(kernelAddress(gib: gib), pageSize)
    _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
    _ = space.unmap(page)
  }

  /// Runs `body` with `interrupt` before its access number `place`; false if
  /// it makes fewer.
  func interrupt(
    _ machine: HostedMachine, at place: Int, with interrupt: () -> Void,
    _ body: () -> Void
  ) -> Bool {
    var accesses = 0
    withoutActuallyEscaping(interrupt) { interrupt in
      machine.hook = { _ in
        if accesses == place {
          machine.hook = nil
          accesses += 1
          interrupt()
          return
        }
        accesses += 1
      }
      body()
      machine.hook = nil
    }
    return accesses > place
  }

  func expectNothingLost(
    _ machine: HostedMachine, _ space: HostedMachine.SpySpace, at place: Int
  ) {
    machine.runWorker(space.scheme)
    let accounts = TableAccounts(of: machine.kernel)
    #expect(accounts.quarantined == 0, "interrupted at access \(place)")
    #expect(accounts.linked == MappingTests.permanentTables)
    #expect(machine.accountsMismatch() == nil)
  }

  /// The same CPU's list, with and without something on it before.
  @Test(arguments: [false, true])
  func anInterruptThatRetiresLosesNothing(isListEmpty: Bool) throws {
    var place = 0
    var goesOn = true
    while goesOn {
      try HostedMachine.run { machine in
        let space = try machine.makeSpace()
        machine.shareASpace()
        if !isListEmpty { churn(space, gib: 1) }
        goesOn = interrupt(
          machine, at: place, with: { churn(space, gib: 2) }
        ) {
          churn(space, gib: 3)
        }
        expectNothingLost(machine, space, at: place)
      }
      place += 1
    }
    #expect(place > 40)
  }

  /// A worker that runs as soon as it is scheduled, in the middle of a retire:
  /// the tables that it misses are announced again.
  @Test func noWakeUpIsLostWhenAWorkerRunsInTheMiddleOfARetire() throws {
    var place = 0
    var goesOn = true
    while goesOn {
      try HostedMachine.run { machine in
        let space = try machine.makeSpace()
        machine.shareASpace()
        let page = range(kernelAddress(gib: 3), pageSize)
        churn(space, gib: 1)
        _ = space.map(page, to: PhysicalAddress(0), attributes: .kernelData)
        var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
        _ = space.unmap(page, into: &unlinked)
        let held = Held(unlinked)
        goesOn = interrupt(
          machine, at: place, with: { machine.runWorker(space.scheme) }
        ) {
          guard let tables = held.tables.take() else { return }
          space.scheme.retire(tables)
        }
        expectNothingLost(machine, space, at: place)
      }
      place += 1
    }
    #expect(place > 10)
  }

  /// A retire on another CPU between any two accesses of the worker.
  @Test(arguments: [0, 1])
  func noTableIsLostThatIsRetiredWhileTheWorkerRuns(cpu: Int) throws {
    var place = 0
    var goesOn = true
    while goesOn {
      try HostedMachine.run { machine in
        let space = try machine.makeSpace()
        machine.shareASpace()
        churn(space, gib: 1)
        goesOn = interrupt(
          machine, at: place,
          with: {
            HostedMachine.$cpu.withValue(cpu) { churn(space, gib: 2) }
          }
        ) {
          if machine.takeWakeUp() { space.scheme.reclaim() }
        }
        expectNothingLost(machine, space, at: place)
      }
      place += 1
    }
    #expect(place > 20)
  }
}

/// Lets a closure that may run at any time take the tables once.
final class Held {
  var tables: UnlinkedTables<SpyKernel, KernelHalf>?

  init(_ tables: consuming UnlinkedTables<SpyKernel, KernelHalf>) {
    self.tables = consume tables
  }
}
