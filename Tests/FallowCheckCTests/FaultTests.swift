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
    Fault("for (;;) {}", .endlessLoop),
    Fault("char b[64]; memset(b, 0, 90000); return b[3];", .badAddress),
    Fault("char b[64]; memset(b - 80000, 0, 64); return 1;", .badAddress),
    Fault("volatile char b[3000000]; b[0] = 1; return 1;", .stackOverflow),
    Fault("atomic_inc((atomic_t *)&fixed); return true;", .badAddress),
    Fault("*(int *)&fixed = 1; return true;", .badAddress),
    Fault("spin_lock((spinlock_t *)&fixed); return true;", .badAddress),
    Fault("schedule_work(&unset); return true;", .badAddress),
    Fault("call_rcu(&head, NULL); return true;", .badAddress),
    Fault("fallow_bind(-1, 0); return true;", .outOfBounds),
    Fault("fallow_bind(0, 1000000); return true;", .outOfBounds),
    Fault("fallow_choose(-1); return true;", .outOfBounds),
    Fault("fallow_free_table(NULL); return true;", .badAddress),
    Fault("__builtin_trap();", .badInstruction),
    Fault("rcu_read_lock(); synchronize_rcu(); return true;", .sleepInAtomic),
  ]

  private static let prelude = """
    static int *nowhere;
    static int zero;
    static spinlock_t lock;
    static const int fixed;
    static struct work_struct unset;
    static struct rcu_head head;
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

  /// What a compiler makes of undefined behaviour may do no harm, but the
  /// search of it ends.
  @Test(arguments: faults.indices, [1, 2])
  func endsWhenOptimized(index: Int, level: Int) throws {
    let fault = Self.faults[index]
    let program = try TemporaryC(
      "#include <fallow/linux.h>\n" + Self.prelude
        + "FALLOW_READER(f) { \(fault.body) }")
    var settings = program.settings
    settings.optimization = level
    let entry = try CCheck(settings).entry()
    var options = SearchOptions()
    options.livenessLimit = 0
    let outcome = entry.search(entry.scenario, options)
    #expect(outcome.verdict != .refused)
  }

  /// What one hook copies is not taken for a loop.
  @Test func aCopyIsNoLoop() throws {
    let outcome = try search(
      """
      struct wide { long part[7]; };
      static struct wide from = { { 1, 2, 3, 4, 5, 6, 7 } }, to;
      FALLOW_READER_ON(1, f)
      {
        for (int i = 0; i < 7; i++) BUG_ON(from.part[i] != i + 1);
        memcpy(&to, &from, sizeof to);
        for (int i = 0; i < 7; i++) BUG_ON(to.part[i] != i + 1);
        return true;
      }
      """)
    #expect(outcome.verdict == .safe, "\(outcome.sentence)")
  }

  @Test func aStoreOf16BytesIsTwoSteps() throws {
    let outcome = try search(
      "static __int128 w; FALLOW_READER_ON(1, f) { w = ~(__int128)0; return 1; }"
        + "FALLOW_READER_ON(2, g) { BUG_ON((long)w && !(long)(w >> 64)); "
        + "return 1; }")
    #expect(outcome.oracle == .assertion)
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
