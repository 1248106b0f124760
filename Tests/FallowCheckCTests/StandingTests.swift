// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowExplorer

/// States are one only if the operation keeps the same in its registers and on
/// its stack.
@Suite struct StandingTests {
  /// Whatever the exchange was answered, memory is the same once the other
  /// operation has ended: only what is kept distinguishes the states then.
  private static let keeps = """
    FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1);
    static unsigned long flag, busy;
    FALLOW_READER_ON(1, raise)
    {
      WRITE_ONCE(busy, 1);
      WRITE_ONCE(flag, 1);
      cmpxchg(&flag, 1, 0);
      WRITE_ONCE(busy, 0);
      return true;
    }
    FALLOW_READER_ON(2, keep)
    {
      unsigned long before = xchg(&flag, 2);
      unsigned long is_busy = READ_ONCE(busy);
      BUG_ON(before == 1 && !is_busy);
      return true;
    }

    """

  @Test func whatAnOperationKeepsDistinguishesStates() throws {
    let outcome = try search(Self.keeps)
    #expect(outcome.verdict == .violation, "\(outcome.sentence)")
    #expect(outcome.reductions.contains(.standing), "\(outcome.obstacles)")
  }

  @Test func withoutWhatItKeepsTheFaultIsMissed() throws {
    let outcome = try search(Self.keeps) { $0.believesStanding = true }
    #expect(outcome.verdict == .safe, "\(outcome.sentence)")
  }
}
