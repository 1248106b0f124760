// SPDX-License-Identifier: Apache-2.0

import FallowExplorer
import Testing

@testable import FallowCheckC

/// What the output says of a program, in the program's own names.
@Suite struct OutputTests {
  private static let object = """
    FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1, .objects = 1);
    struct inner { unsigned long first; };
    struct node { struct inner inner; unsigned long value; };
    struct other { unsigned long words[2]; };
    static void *shared;
    FALLOW_READER(change)
    {
      struct node *node = kmalloc(sizeof(*node), GFP_KERNEL);
      struct inner *inner = &node->inner;
      MORE
      WRITE_ONCE(inner->first, 0);
      WRITE_ONCE(node->value, 5);
      WRITE_ONCE(shared, node);
      BUG_ON(READ_ONCE(node->value));
      return true;
    }

    """

  @Test func anObjectIsNamedByTheVariableThatPointsToIt() throws {
    let outcome = try search(Self.object, defines: ["MORE="])
    let steps = outcome.timeline.map(\.step)
    #expect(steps.contains("writes node->value (object 0)"), "\(steps)")
    #expect(steps.contains("writes node->inner.first (object 0)"), "\(steps)")
  }

  @Test func anObjectOfTwoKindsHasNoName() throws {
    let more = "struct other *other = (void *)node; (void)other;"
    let outcome = try search(Self.object, defines: ["MORE=\(more)"])
    let steps = outcome.timeline.map(\.step)
    #expect(steps.contains("writes object 0, word 1"), "\(steps)")
  }

  @Test func anOperationWithTooManyAccessesIsNotJudged() throws {
    let outcome = try search(
      """
      FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1);
      static int words[4];
      FALLOW_READER(straight)
      {
        for (int i = 0; i < 300; i++) WRITE_ONCE(words[i & 3], i);
        return true;
      }
      """)
    #expect(outcome.oracle == .endlessOperation)
    #expect(outcome.oracle.isLimit)
    #expect(outcome.sentence.contains("in straight ("), "\(outcome.sentence)")
  }

  @Test func whatNeverEndsSaysWhatItWaitsFor() throws {
    let outcome = try search(
      """
      FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1);
      static DECLARE_WAIT_QUEUE_HEAD(queue);
      static int is_ready;
      FALLOW_READER(await)
      {
        wait_event(queue, READ_ONCE(is_ready));
        return true;
      }
      """
    ) { $0.livenessLimit = 1_000 }
    #expect(outcome.oracle == .livelock)
    #expect(
      outcome.sentence.contains("in await, reads is_ready ("),
      "\(outcome.sentence)")
  }

  @Test func aNameThatTheHeadersLackIsSaidSo() {
    let error = #expect(throws: CCheckError.self) {
      try search(
        """
        FALLOW_READER(look)
        {
          folio_wait_writeback(0);
          return true;
        }
        """)
    }
    let text = error?.description ?? ""
    #expect(text.contains("folio_wait_writeback"))
    #expect(text.contains("fallow headers DIR"))
  }

  @Test func withoutAnIOMMUNoneIsInvalidated() throws {
    let outcome = try search(
      """
      FALLOW_MACHINE(.cpus = 1, .slots = 1, .tables = 1, .iommus = 0);
      FALLOW_OPERATION(map, FALLOW_EMPTY, FALLOW_MAPPED)
      {
        pte_t *table = pte_alloc_one_kernel(NULL);
        if (!table) return false;
        set_pte(table + slot->leaf_index, __pte(slot->leaf));
        pmd_populate_kernel(NULL, pmd_off_k(slot->start), table);
        return true;
      }
      FALLOW_OPERATION(unmap, FALLOW_MAPPED, FALLOW_EMPTY)
      {
        pmd_t *pmd = pmd_off_k(slot->start);
        void *table = (void *)pmd_page_vaddr(*pmd);
        pmd_clear(pmd);
        flush_tlb_kernel_range(slot->start, slot->end);
        fallow_free_table(table);
        return true;
      }
      """)
    #expect(outcome.verdict == .safe, "\(outcome.sentence)")
  }
}
