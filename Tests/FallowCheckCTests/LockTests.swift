// SPDX-License-Identifier: Apache-2.0

import FallowExplorer
import Testing

@testable import FallowCheckC

/// A lock is merged with what is done under it only where nobody can notice.
@Suite struct LockTests {
  private static let prelude = """
    static spinlock_t lock, other;
    static int x;
    FALLOW_READER_ON(1, first)
    {
      spin_lock(&lock);
      WRITE_ONCE(x, 1);
      spin_unlock(&lock);
      return true;
    }

    """

  @Test(
    arguments: [
      "int ok = spin_trylock(&lock); BUG_ON(!ok); if (ok) spin_unlock(&lock);",
      "BUG_ON(spin_is_locked(&lock));",
    ], [Reductions.all, .ownedFrames, .none])
  func whoLooksAtALockNoticesThatItIsHeld(
    look: String, reductions: Reductions
  ) throws {
    let outcome = try search(
      Self.prelude
        + """
        FALLOW_READER_ON(2, second)
        {
          if (READ_ONCE(x)) { \(look) }
          return true;
        }
        """
    ) { $0.reductions = reductions }
    #expect(outcome.oracle == .assertion)
  }

  @Test(arguments: [Reductions.all, .ownedFrames, .none])
  func aLockIsGivenBackAfterItsObjectWasFreed(reductions: Reductions) throws {
    let outcome = try search(
      """
      FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1, .objects = 2,
                     .failing_allocations = 1);
      struct node { spinlock_t lock; };
      static struct node *shared;
      static int is_done;
      FALLOW_READER_ON(1, make)
      {
        struct node *node = kzalloc(sizeof(*node), GFP_KERNEL);
        if (!node || READ_ONCE(shared)) {
          kfree(node);
          return true;
        }
        WRITE_ONCE(shared, node);
        spin_lock(&node->lock);
        WRITE_ONCE(is_done, 1);
        spin_unlock(&node->lock);
        return true;
      }
      FALLOW_READER_ON(2, take)
      {
        struct node *node = READ_ONCE(shared);
        if (!node || !READ_ONCE(is_done)) return true;
        WRITE_ONCE(shared, NULL);
        WRITE_ONCE(is_done, 0);
        kfree(node);
        return true;
      }
      """
    ) { $0.reductions = reductions }
    #expect(outcome.oracle == .useAfterFree)
  }

  /// A wait for a completion is an access to it, under no lock.
  @Test(arguments: [0, 100_000])
  func whatACompletionUnderALockAnnouncesIsNotDoneYet(limit: Int) throws {
    let outcome = try search(
      """
      #define APART __attribute__((aligned(64)))
      static spinlock_t lock APART;
      static struct completion done APART;
      static int x APART, begun APART;
      FALLOW_READER_ON(1, first)
      {
        if (READ_ONCE(begun)) return true;
        WRITE_ONCE(begun, 1);
        spin_lock(&lock);
        complete(&done);
        WRITE_ONCE(x, 1);
        spin_unlock(&lock);
        return true;
      }
      FALLOW_READER_ON(2, second)
      {
        if (READ_ONCE(begun) != 1) return true;
        wait_for_completion(&done);
        BUG_ON(!READ_ONCE(x));
        WRITE_ONCE(begun, 2);
        return true;
      }
      """
    ) { $0.livenessLimit = limit }
    #expect(outcome.oracle == .assertion)
  }

  @Test func locksInAnotherOrderAreADeadlockOfTheFirstSearch() throws {
    let outcome = try search(
      Self.prelude
        + """
        FALLOW_READER_ON(1, there)
        {
          spin_lock(&lock); spin_lock(&other);
          spin_unlock(&other); spin_unlock(&lock);
          return true;
        }
        FALLOW_READER_ON(2, back)
        {
          spin_lock(&other); spin_lock(&lock);
          spin_unlock(&lock); spin_unlock(&other);
          return true;
        }
        """)
    #expect(outcome.oracle == .deadlock)
  }

  /// What its holder asks is no look of another: the lock stays merged.
  @Test func anAssertionOfTheHolderCostsNoState() throws {
    let states = try ["", "lockdep_assert_held(&lock);"].map { look in
      try search(
        Self.prelude
          + """
          FALLOW_READER_ON(2, second)
          {
            spin_lock(&lock);
            \(look)
            x = 0;
            spin_unlock(&lock);
            return true;
          }
          """
      ).states
    }
    #expect(states[0] == states[1])
  }
}
