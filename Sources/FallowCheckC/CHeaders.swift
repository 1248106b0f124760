// SPDX-License-Identifier: Apache-2.0

internal import FallowKernelC
internal import Foundation

/// The headers that come with the tool.
package enum CHeaders {
  /// The kernel's headers whose names lead to `fallow/linux.h`.
  static let forwarded: [String] = [
    "asm/barrier.h", "asm/bug.h", "asm/cmpxchg.h", "asm/page.h",
    "asm/page_types.h", "asm/pgalloc.h", "asm/pgtable.h", "asm/pgtable_types.h",
    "asm/processor.h", "asm/rwonce.h", "asm/tlb.h", "asm/tlbflush.h",
    "linux/align.h", "linux/atomic.h", "linux/bit_spinlock.h", "linux/bitops.h",
    "linux/bits.h", "linux/bug.h", "linux/build_bug.h", "linux/cache.h",
    "linux/cleanup.h", "linux/compiler.h", "linux/compiler_types.h",
    "linux/completion.h", "linux/container_of.h", "linux/cpu.h",
    "linux/cpumask.h", "linux/delay.h", "linux/err.h", "linux/errno.h",
    "linux/export.h", "linux/gfp.h", "linux/hardirq.h", "linux/hash.h",
    "linux/hashtable.h", "linux/highmem.h", "linux/init.h",
    "linux/instrumented.h", "linux/interrupt.h", "linux/iommu.h",
    "linux/irqflags.h", "linux/kernel.h", "linux/kref.h", "linux/list.h",
    "linux/llist.h", "linux/lockdep.h", "linux/minmax.h", "linux/mm.h",
    "linux/mm_types.h", "linux/mmap_lock.h", "linux/mmu_notifier.h",
    "linux/mmzone.h", "linux/module.h", "linux/mutex.h", "linux/page-flags.h",
    "linux/pagemap.h", "linux/percpu-defs.h", "linux/percpu.h",
    "linux/pgalloc.h", "linux/pgtable.h", "linux/preempt.h", "linux/printk.h",
    "linux/rculist.h", "linux/rcupdate.h", "linux/rcupdate_wait.h",
    "linux/refcount.h", "linux/rwlock.h", "linux/rwonce.h", "linux/rwsem.h",
    "linux/sched.h", "linux/sched/mm.h", "linux/seqlock.h",
    "linux/seqlock_types.h", "linux/slab.h", "linux/smp.h", "linux/smp_types.h",
    "linux/spinlock.h", "linux/spinlock_types.h", "linux/stddef.h",
    "linux/string.h", "linux/threads.h", "linux/types.h", "linux/vmalloc.h",
    "linux/wait.h", "linux/workqueue.h",
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
      throw CCheckError("\(path) cannot be written: \(error)")
    }
  }
}
