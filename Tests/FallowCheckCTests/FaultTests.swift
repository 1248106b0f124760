// SPDX-License-Identifier: Apache-2.0

import FallowExplorer
import Testing

@testable import FallowCheckC

/// What C does wrong by itself is a violation with the line that does it, and
/// never a crash.
@Suite struct FaultTests {
  /// A function's body, and what its search ends with.
  struct Fault: Sendable {
    let body: String
    let oracle: Oracle

    init(_ body: String, _ oracle: Oracle) {
      self.body = body
      self.oracle = oracle
    }
  }

  static let faults: [Fault] = [
    Fault("return *nowhere;", .badAddress),
    Fault("return 1 / zero;", .badInstruction),
    Fault("volatile int x = 1; return deep(&x);", .stackOverflow),
    Fault("volatile char b[90000]; b[0] = 1; return b[0];", .stackOverflow),
    Fault("for (volatile int i = 0;; i++) {} return true;", .endlessLoop),
    Fault("void (*g)(void) = 0; g(); return true;", .badAddress),
    Fault("*(int *)0x12345678 = 1; return true;", .badAddress),
    Fault("BUG_ON(1); return true;", .assertion),
    Fault("spin_lock(&lock); return true;", .lockDiscipline),
    Fault("spin_unlock(&lock); return true;", .lockDiscipline),
    Fault("spin_lock(&lock); spin_lock(&lock); return true;", .selfDeadlock),
    Fault("void *p = object(); kfree(p); kfree(p); return 1;", .badFree),
    Fault("int *p = object(); kfree(p); return *p;", .useAfterFree),
    Fault("rcu_read_lock(); synchronize_rcu(); return true;", .sleepInAtomic),
  ]

  private static let prelude = """
    static int *nowhere;
    static int zero;
    static spinlock_t lock;
    static int deep(volatile int *p)
    {
      volatile int here = *p;
      return deep(&here) + 1;
    }
    static void *object(void) { return kmalloc(8, GFP_KERNEL); }

    """

  @Test(arguments: faults.indices)
  func isFound(index: Int) throws {
    let fault = Self.faults[index]
    let outcome = try search(
      Self.prelude + "FALLOW_READER(f) { \(fault.body) }")
    #expect(outcome.verdict == .violation, "\(fault.body)")
    #expect(outcome.oracle == fault.oracle, "\(fault.body)")
  }

  @Test func aFaultOfTheSetUpIsFound() throws {
    let outcome = try search(
      Self.prelude
        + "FALLOW_SETUP(s) { *nowhere = 1; return true; } "
        + "FALLOW_READER(f) { return true; }")
    #expect(outcome.oracle == .badAddress)
  }

  @Test func aFaultHasItsLine() throws {
    let outcome = try search(
      "static int *p;\nFALLOW_READER(f)\n{\n  return *p;\n}\n")
    #expect(outcome.timeline.last?.source.hasSuffix(".c:5") == true)
  }
}
