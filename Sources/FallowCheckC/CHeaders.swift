// SPDX-License-Identifier: Apache-2.0

internal import FallowKernelC
internal import Foundation

/// The headers that come with the tool.
package enum CHeaders {
  /// The kernel's headers whose names lead to `fallow/linux.h`.
  static let forwarded: [String] = [
    "asm-generic/pgalloc.h", "asm-generic/tlb.h", "asm/atomic.h",
    "asm/barrier.h", "asm/bug.h", "asm/cacheflush.h", "asm/cmpxchg.h",
    "asm/cpufeature.h", "asm/current.h", "asm/e820/api.h", "asm/fixmap.h",
    "asm/io.h", "asm/mmu_context.h", "asm/page.h", "asm/page_types.h",
    "asm/percpu.h", "asm/pgalloc.h", "asm/pgtable.h", "asm/pgtable_types.h",
    "asm/processor.h", "asm/rwonce.h", "asm/sections.h", "asm/set_memory.h",
    "asm/smp.h", "asm/tlb.h", "asm/tlbbatch.h", "asm/tlbflush.h",
    "linux/align.h", "linux/atomic.h", "linux/bit_spinlock.h", "linux/bitmap.h",
    "linux/bitops.h", "linux/bits.h", "linux/bottom_half.h", "linux/bug.h",
    "linux/build_bug.h", "linux/cache.h", "linux/cacheflush.h",
    "linux/cleanup.h", "linux/compiler.h", "linux/compiler_attributes.h",
    "linux/compiler_types.h", "linux/completion.h", "linux/const.h",
    "linux/container_of.h", "linux/cpu.h", "linux/cpumask.h", "linux/debugfs.h",
    "linux/delay.h", "linux/dev_printk.h", "linux/device.h",
    "linux/dma-mapping.h", "linux/err.h", "linux/errno.h", "linux/export.h",
    "linux/gfp.h", "linux/hardirq.h", "linux/hash.h", "linux/hashtable.h",
    "linux/highmem.h", "linux/huge_mm.h", "linux/hugetlb.h", "linux/init.h",
    "linux/instrumented.h", "linux/interrupt.h", "linux/io-pgtable.h",
    "linux/io.h", "linux/iommu-dma.h", "linux/iommu.h", "linux/irqflags.h",
    "linux/jiffies.h", "linux/jump_label.h", "linux/kconfig.h",
    "linux/kernel.h", "linux/kref.h", "linux/kthread.h", "linux/limits.h",
    "linux/list.h", "linux/llist.h", "linux/local_lock.h", "linux/lockdep.h",
    "linux/log2.h", "linux/math.h", "linux/math64.h", "linux/memory_hotplug.h",
    "linux/minmax.h", "linux/mm.h", "linux/mm_inline.h", "linux/mm_types.h",
    "linux/mm_types_task.h", "linux/mmap_lock.h", "linux/mmdebug.h",
    "linux/mmu_notifier.h", "linux/mmzone.h", "linux/module.h",
    "linux/moduleparam.h", "linux/mutex.h", "linux/mutex_types.h",
    "linux/notifier.h", "linux/once.h", "linux/overflow.h",
    "linux/page-flags.h", "linux/page_ref.h", "linux/pagemap.h",
    "linux/pagewalk.h", "linux/pci.h", "linux/percpu-defs.h", "linux/percpu.h",
    "linux/pfn.h", "linux/pgalloc.h", "linux/pgtable.h", "linux/poison.h",
    "linux/preempt.h", "linux/printk.h", "linux/ptdump.h", "linux/rculist.h",
    "linux/rculist_bl.h", "linux/rcupdate.h", "linux/rcupdate_wait.h",
    "linux/rcutree.h", "linux/refcount.h", "linux/rmap.h", "linux/rwlock.h",
    "linux/rwlock_types.h", "linux/rwonce.h", "linux/rwsem.h", "linux/sched.h",
    "linux/sched/mm.h", "linux/sched/signal.h", "linux/sched/task.h",
    "linux/semaphore.h", "linux/seqlock.h", "linux/seqlock_types.h",
    "linux/set_memory.h", "linux/sizes.h", "linux/slab.h", "linux/smp.h",
    "linux/smp_types.h", "linux/spinlock.h", "linux/spinlock_types.h",
    "linux/static_key.h", "linux/stddef.h", "linux/string.h", "linux/swap.h",
    "linux/sync_core.h", "linux/threads.h", "linux/timer.h", "linux/types.h",
    "linux/uaccess.h", "linux/vmalloc.h", "linux/vmstat.h", "linux/wait.h",
    "linux/wait_bit.h", "linux/workqueue.h",
  ]

  /// Writes all of them below a folder.
  ///
  /// - Throws: What cannot be written.
  package static func write(to folder: String) throws(CCheckError) {
    for (name, text) in all {
      try write(text, to: "\(folder)/\(name)")
    }
    for name in forwarded {
      try write(
        "/* Leads to the explorer's own. */\n#include <fallow/linux.h>\n",
        to: "\(folder)/\(name)")
    }
  }

  /// Whether a path leads to one of them, wherever they were written.
  static func contains(_ path: String) -> Bool {
    names.contains { path.hasSuffix("/" + $0) }
  }

  private static let names = all.map(\.name)

  private static var all: [(name: String, text: String)] {
    var found: [(String, String)] = []
    for index in 0... {
      guard let name = unsafe fallow_header_name(Int32(index)),
        let text = unsafe fallow_header(Int32(index))
      else { break }
      unsafe found.append((String(cString: name), String(cString: text)))
    }
    return found
  }

  private static func write(
    _ text: String, to path: String
  ) throws(CCheckError) {
    do {
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent,
        withIntermediateDirectories: true)
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    } catch {
      throw CCheckError(
        "\(path) cannot be written: \(error.localizedDescription)")
    }
  }
}
