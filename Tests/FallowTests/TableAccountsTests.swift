// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Testing

@testable import Fallow

/// What is counted stays true while callers are interrupted and moved.
@Suite struct TableAccountsTests {
  /// Two callers that read the same CPU's number, and then run on two: one was
  /// moved between its question and its count.
  @Test func noCountIsLostToACallerThatWasMoved() {
    let counts = 200_000
    HostedMachine.run { machine in
      DispatchQueue.concurrentPerform(iterations: 2) { _ in
        for _ in 0..<counts { machine.kernel.count(1, at: .account(.linked)) }
      }
      #expect(
        machine.kernel.counted(at: .account(.linked)) == UInt64(2 * counts))
    }
  }

  /// One CPU's subtraction that is read without the other's addition.
  @Test func aSumThatMissesAnAdditionIsZero() {
    HostedMachine.run { machine in
      machine.kernel.count(-1, at: .account(.parked))
      #expect(machine.kernel.counted(at: .account(.parked)) == 0)
      HostedMachine.$cpu.withValue(1) {
        machine.kernel.count(3, at: .account(.parked))
      }
      #expect(machine.kernel.counted(at: .account(.parked)) == 2)
    }
  }

  /// Where tables went is read before where they came from, or after, or in
  /// between: no number wraps.
  @Test(arguments: [
    TableState.linked, .unlinked, .quarantined, .parked, .released, .retained,
  ])
  func noAccountGoesBelowZero(ahead: TableState) {
    HostedMachine.run { machine in
      machine.kernel.count(1, at: .account(ahead))
      let accounts = TableAccounts(of: machine.kernel)
      #expect(
        [
          accounts.constructed, accounts.linked, accounts.unlinked,
          accounts.quarantined, accounts.parked, accounts.released,
          accounts.retained,
        ].allSatisfy { $0 <= 1 }, "\(accounts)")
      #expect(machine.kernel.quarantined() <= 1)
    }
  }

  /// A table that skips states is counted where it passed before its end.
  @Test(arguments: [TableState.constructed, .linked])
  func theEndIsCountedLast(from state: TableState) {
    HostedMachine.run { machine in
      var passed: [UInt64] = []
      machine.hook = { access in
        guard access == .count else { return }
        passed.append(machine.kernel.counted(at: .account(.released)))
      }
      machine.spy.account(1, from: state, to: .released)
      machine.hook = nil
      #expect(passed.count > 2 && passed.allSatisfy { $0 == 0 })
      #expect(machine.kernel.counted(at: .account(.released)) == 1)
    }
  }
}
