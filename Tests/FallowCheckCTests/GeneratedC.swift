// SPDX-License-Identifier: Apache-2.0

/// C protocols at random: tables are mapped, unmapped, put on a list and freed
/// by a worker or by callbacks, in orders that are right or wrong, beside
/// functions that read the tables and share flags.
enum GeneratedC: GeneratedProtocols {
  static func text(seed: UInt64, prefix: String) -> String {
    var drawing = Drawing(chances: Chances(seed: seed))
    return drawing.protocolText(prefix)
  }

  static let prelude = """
    #include <linux/list.h>
    #include <linux/mm.h>
    #include <linux/workqueue.h>
    FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1);
    static spinlock_t lock;
    static struct list_head list = LIST_HEAD_INIT(list);
    static struct work_struct work;
    static unsigned long flag, other;
    static void *found;
    static void free_rcu(struct rcu_head *head)
    {
      __pagetable_free(container_of(head, struct ptdesc, pt_rcu_head));
    }

    """
}

/// Draws the parts of a protocol.
private struct Drawing {
  var chances: Chances

  private mutating func chance(_ percent: Int) -> Bool {
    chances.below(100) < percent
  }

  private mutating func pick(_ choices: [String]) -> String {
    choices[chances.below(choices.count)]
  }

  /// The statements, two of them exchanged now and then, one left out now and
  /// then.
  private mutating func disturbed(_ statements: [String]) -> String {
    var result = statements
    if chance(35), result.count > 1 {
      let index = chances.below(result.count - 1)
      result.swapAt(index, index + 1)
    }
    if chance(15) { result.remove(at: chances.below(result.count)) }
    return result.joined(separator: "\n  ")
  }

  private mutating func guarded(_ statement: String) -> String {
    chance(85)
      ? "spin_lock(&lock); \(statement) spin_unlock(&lock);" : statement
  }

  /// Goes wrong when others change the flag in between.
  private static let race =
    "WRITE_ONCE(flag, 1); BUG_ON(READ_ONCE(flag) != 1); WRITE_ONCE(flag, 0);"

  /// Goes wrong where its second round is taken for its first.
  private static let loop =
    "for (int i = 0; i < 2; i++) BUG_ON(READ_ONCE(other) > 9);"

  private mutating func flags() -> String {
    pick([
      "", "WRITE_ONCE(flag, !READ_ONCE(other));",
      "if (cmpxchg(&flag, 0, 1) == 0) WRITE_ONCE(other, 1);",
      "spin_lock(&lock); flag = 1; flag = 0; spin_unlock(&lock);",
      "if (READ_ONCE(flag)) WRITE_ONCE(other, 0);",
      "found = (void *)&flag; BUG_ON(!READ_ONCE(found));",
      Self.race, Self.race,
      """
      spin_lock(&lock); flag = 1; BUG_ON(flag != 1); flag = 0;
      spin_unlock(&lock);
      """,
      Self.loop,
    ])
  }

  mutating func protocolText(_ prefix: String) -> String {
    let free = pick([
      "__pagetable_free(t);", "__pagetable_free(t);",
      "call_rcu(&t->pt_rcu_head, free_rcu);",
    ])
    let splice = guarded("list_splice_tail_init(&list, &batch);")
    let invalidate = "iommu_sva_invalidate_kva_range(0, TLB_FLUSH_ALL);"
    let loop = "list_for_each_entry_safe(t, n, &batch, pt_list) \(free)"
    let worker = disturbed(
      [splice, invalidate]
        + (chance(40) ? ["synchronize_rcu();"] : []) + [loop])
    let add = guarded("list_add(&t->pt_list, &list);")
    let unmap = disturbed([
      "pmd_clear(pmd);", "flush_tlb_kernel_range(slot->start, slot->end);",
      flags(), add, "fallow_queue(&work, (void *)\(prefix)work);",
    ])
    let reader = chance(60) ? readerText(prefix) : ""
    return """
      static void \(prefix)work(struct work_struct *w)
      {
        struct ptdesc *t, *n;
        LIST_HEAD(batch);
        \(worker)
      }
      FALLOW_OPERATION(\(prefix)map, FALLOW_EMPTY, FALLOW_MAPPED)
      {
        pte_t *table = pte_alloc_one_kernel(NULL);
        if (!table) return false;
        \(chance(20) ? Self.loop : "")
        set_pte(table + slot->leaf_index, __pte(slot->leaf));
        pmd_populate_kernel(NULL, pmd_off_k(slot->start), table);
        return true;
      }
      FALLOW_OPERATION(\(prefix)unmap, FALLOW_MAPPED, FALLOW_EMPTY)
      {
        pmd_t *pmd = pmd_off_k(slot->start);
        struct ptdesc *t = pmd_ptdesc(*pmd);
        \(unmap)
        return true;
      }
      \(reader)
      """
  }

  private mutating func readerText(_ prefix: String) -> String {
    let isGuarded = chance(70)
    return """
      FALLOW_READER_ON(1, \(prefix)read)
      {
        \(isGuarded ? "rcu_read_lock();" : "")
        pmd_t pmd = pmdp_get(pmd_off_k(slot->start));
        if (pmd_present(pmd))
          (void)ptep_get((pte_t *)pmd_page_vaddr(pmd) + slot->leaf_index);
        \(chance(70) ? Self.race : flags())
        \(isGuarded ? "rcu_read_unlock();" : "")
        return true;
      }
      """
  }
}
