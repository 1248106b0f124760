// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// The descriptor backs the types where someone changes it behind them: it is
/// looked at when a table is unlinked, and when it is released.
@Suite struct LifecycleFaultTests {
  static func retire(changing change: @Sendable (inout TypeWord) -> Void) {
    DroppedTokenTests.withTable { machine, table in
      var word = machine.kernel.typeWord(of: table.frame)
      change(&word)
      machine.kernel.setTypeWord(word, of: table.frame)
      machine.scheme.retire(table.unlinked())
    }
  }

  @Test func anUnchangedDescriptorIsFine() async {
    await #expect(processExitsWith: .success) {
      LifecycleFaultTests.retire { _ in }
    }
  }

  @Test func aKernelTableWithoutTheMarkFaults() async {
    await #expect(processExitsWith: .failure) {
      LifecycleFaultTests.retire { $0[.kernelMark] = false }
    }
  }

  @Test func aTableInAnotherStateFaults() async {
    await #expect(processExitsWith: .failure) {
      LifecycleFaultTests.retire { $0.state = .quarantined }
    }
  }

  @Test func aTableThatLeftTheQuarantineIsNotReleased() async {
    await #expect(processExitsWith: .failure) {
      DroppedTokenTests.withTable { machine, table in
        let frame = table.frame
        machine.shareASpace()
        machine.scheme.retire(table.unlinked())
        var word = machine.kernel.typeWord(of: frame)
        word.state = .released
        machine.kernel.setTypeWord(word, of: frame)
        machine.scheme.reclaim()
      }
    }
  }

  @Test func aFrameThatIsNoTableFaults() async {
    await #expect(processExitsWith: .failure) {
      LifecycleFaultTests.retire { word in
        let state = word.state
        word = TypeWord(.other)
        word[.kernelMark] = true
        word.state = state
      }
    }
  }
}
