// SPDX-License-Identifier: Apache-2.0

/// C protocols at random that take locks, try them and look at them, and wait
/// for flags, completions, readers and work: some never end, some go wrong.
enum GeneratedEndings: GeneratedProtocols {
  static func text(seed: UInt64, prefix: String) -> String {
    var drawing = EndingDrawing(chances: Chances(seed: seed))
    return drawing.protocolText(prefix)
  }

  static let prelude = """
    #include <fallow/linux.h>
    FALLOW_MACHINE(.cpus = 2, .slots = 2, .tables = 1);
    static DEFINE_SPINLOCK(one);
    static DEFINE_SPINLOCK(other);
    static DEFINE_MUTEX(sleeping);
    static DECLARE_COMPLETION(done);
    static DECLARE_WAIT_QUEUE_HEAD(queue);
    static long flag, mark, guarded;

    """
}

/// Draws the parts of a protocol.
private struct EndingDrawing {
  var chances: Chances

  /// What surrounds a statement.
  private struct Surroundings {
    var held: Set<String> = []
    var isAtomic = false
    var depth = 0
    var work: String
  }

  private mutating func block(
    _ around: Surroundings, count: Int
  ) -> String {
    (0..<count).map { _ in statement(around) }.joined(separator: "\n  ")
  }

  private mutating func statement(_ around: Surroundings) -> String {
    guard around.depth < 2, chances.below(100) < 50 else { return leaf(around) }
    var inner = around
    inner.depth += 1
    switch chances.below(5) {
    case 0, 1, 2:
      let lock = ["one", "other", "sleeping"][chances.below(3)]
      let sleeps = lock == "sleeping"
      guard !around.held.contains(lock), !sleeps || !around.isAtomic else {
        return leaf(around)
      }
      inner.held.insert(lock)
      inner.isAtomic = around.isAtomic || !sleeps
      let kind = sleeps ? "mutex" : "spin"
      let body = block(inner, count: 1 + chances.below(2))
      if chances.below(6) == 0 {
        return
          "if (\(kind)_trylock(&\(lock))) { \(body) \(kind)_unlock(&\(lock)); }"
      }
      return "\(kind)_lock(&\(lock)); \(body) \(kind)_unlock(&\(lock));"
    case 3:
      inner.isAtomic = true
      return "rcu_read_lock(); \(block(inner, count: 1)) rcu_read_unlock();"
    default:
      let word = ["flag", "mark"][chances.below(2)]
      return "if (!READ_ONCE(\(word))) { \(block(inner, count: 1)) }"
    }
  }

  private mutating func leaf(_ around: Surroundings) -> String {
    let word = ["flag", "mark"][chances.below(2)]
    // What the other has not begun yet is not waited for, mostly.
    let isBegun =
      chances.below(8) == 0
      ? "" : "if (READ_ONCE(\(word == "flag" ? "mark" : "flag")))"
    var ways = [
      "WRITE_ONCE(\(word), 1);", "WRITE_ONCE(\(word), 1);",
      "WRITE_ONCE(\(word), 1);", "WRITE_ONCE(\(word), 0);",
      "\(isBegun) while (!READ_ONCE(\(word))) cpu_relax();",
      "\(isBegun) while (!READ_ONCE(\(word))) cpu_relax();",
      "schedule_work(&\(around.work));", "complete(&done);",
      "BUG_ON(spin_is_locked(&one) && READ_ONCE(\(word)));",
      "WRITE_ONCE(\(word), spin_is_locked(&other));",
    ]
    if !around.held.contains("one") {
      ways.append(
        "while (!spin_trylock(&one)) cpu_relax(); spin_unlock(&one);")
      ways.append(
        "if (READ_ONCE(mark)) { BUG_ON(!spin_trylock(&one)); "
          + "spin_unlock(&one); }")
    }
    if around.held.contains("one") {
      ways += [
        "guarded = 1;", "guarded = 0;", "BUG_ON(guarded > 1);",
        "lockdep_assert_held(&one);",
        "\(isBegun) while (!guarded) cpu_relax();",
      ]
    }
    if !around.isAtomic {
      ways += [
        "\(isBegun) wait_event(queue, READ_ONCE(\(word)));",
        "\(isBegun) wait_for_completion(&done);", "synchronize_rcu();",
        "synchronize_rcu();",
        "flush_work(&\(around.work));",
      ]
    }
    return ways[chances.below(ways.count)]
  }

  mutating func protocolText(_ prefix: String) -> String {
    let around = Surroundings(work: prefix + "item")
    let first = block(around, count: 1 + chances.below(3))
    let second =
      chances.below(4) == 0 ? first : block(around, count: 1 + chances.below(3))
    let worker = block(around, count: 1 + chances.below(2))
    return """
      static void \(prefix)run(struct work_struct *w);
      static DECLARE_WORK(\(prefix)item, \(prefix)run);
      static void \(prefix)run(struct work_struct *w)
      {
        \(worker)
      }
      FALLOW_OPERATION_ON(1, \(prefix)first, FALLOW_EMPTY, FALLOW_OVER)
      {
        \(first)
        return true;
      }
      FALLOW_OPERATION_ON(2, \(prefix)second, FALLOW_EMPTY, FALLOW_OVER)
      {
        \(second)
        return true;
      }
      """
  }
}
