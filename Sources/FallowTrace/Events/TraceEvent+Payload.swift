// SPDX-License-Identifier: Apache-2.0

extension TraceEvent {
  /// What happened, with the fields that a replay or a report uses.
  ///
  /// Each case names the event that the recording calls it by. A *descriptor*
  /// is the kernel's address of a frame's descriptor, an *entry* the address
  /// of a table entry, a *value* what stands in that entry; addresses and
  /// sizes are in bytes, and an `end` is the first address past the range.
  public enum Payload: BitwiseCopyable, Equatable, Sendable {
    // MARK: The deferred free

    /// `kpt_free`: a kernel table is handed over to be freed.
    ///
    /// It fires before the table is on the list; ``listed(descriptor:)`` says
    /// when it is.
    case tableFree(descriptor: UInt64, flags: UInt64, caller: CallSite)
    /// `kpt_listed`: the table is on the list, the list's lock held.
    case listed(descriptor: UInt64)
    /// `kpt_work`: a worker run begins.
    case workerStart
    /// `kpt_splice`: the run has taken the whole list, the lock held.
    case splice
    /// `kva_inval`: the run asks every IOMMU to forget a range.
    case invalidate(start: UInt64, end: UInt64)
    /// `kva_inval_ret`: every IOMMU has answered.
    case invalidated
    /// `kpt_linked`: an entry names the table while the invalidation begins.
    case stillLinked(descriptor: UInt64)
    /// `kpt_page_free`: the run gives a table's 2^order frames back.
    case release(descriptor: UInt64, order: Int)
    /// `kpt_work_ret`: the run is over.
    case workerEnd
    /// `ktlb`: every CPU flushes a range of kernel addresses.
    case flush(start: UInt64, end: UInt64)

    // MARK: Where tables were linked

    /// What `fallow record` saw of the table that the next event is about.
    ///
    /// It has the time and the task of that event, and comes just before it.
    case observed(TableObservation)
    /// A batch was larger than `fallow record` looks at.
    ///
    /// So many tables of the task's invalidation were not looked at.
    case unexamined(tables: Int)
    /// `pmd_free`: the PTE table of a 2 MiB window is about to be replaced.
    case pmdFree(address: UInt64, entry: UInt64, value: UInt64)
    /// `pud_free`: the tables of a 1 GiB window are about to be replaced.
    case pudFree(address: UInt64, entry: UInt64, value: UInt64)
    /// `pud_free_pte`: one PTE table below a replaced PMD table goes.
    ///
    /// `nextSlot` is the address of the slot after the table's own.
    case pudFreePTE(descriptor: UInt64, nextSlot: UInt64)
    /// `cpa_collapse`: the kernel tried to put huge leaves in tables' places.
    ///
    /// `ret` counts the levels collapsed; `pt` and `pt2` are the first two
    /// elements of the list of replaced tables, newest first, each the
    /// descriptor's address plus 8.
    case collapse(address: UInt64, ret: Int, pt: UInt64, pt2: UInt64)
    /// `cpa_split`: a huge leaf was split, and the new table is in place.
    ///
    /// `level` is the split leaf's: 2 for 2 MiB, 3 for 1 GiB.
    case split(address: UInt64, page: UInt64, level: Int, entry: UInt64)
    /// `cpa`: attributes of a range of pages change.
    case changeAttributes(
      address: UInt64, pages: UInt64, set: UInt64, clear: UInt64, flags: UInt64)
    /// `pte_alloc`: a PTE table was allocated, or the race for it lost.
    case pteAlloc(entry: UInt64, value: UInt64)
    /// `pmd_alloc`: a PMD table was allocated.
    case pmdAlloc(address: UInt64, entry: UInt64, value: UInt64)
    /// `pud_alloc`: a PUD table was allocated.
    case pudAlloc(address: UInt64, entry: UInt64, value: UInt64)
    /// `pmd_huge`: a 2 MiB leaf was refused (`ret` 0) or set.
    case pmdHuge(entry: UInt64, phys: UInt64, ret: Int)
    /// `pud_huge`: a 1 GiB leaf was refused (`ret` 0) or set.
    case pudHuge(entry: UInt64, phys: UInt64, ret: Int)

    // MARK: What is mapped and unmapped

    /// `vmap`: 4 KiB leaves are mapped.
    case vmap(start: UInt64, end: UInt64, shift: Int)
    /// `vmap_phys`: a physical range is mapped, by leaves of up to 2^shift.
    case vmapPhysical(start: UInt64, end: UInt64, phys: UInt64, shift: Int)
    /// `vunmap`: leaves are cleared and their tables kept.
    case vunmap(start: UInt64, end: UInt64)
    /// `apply`: a kernel function visits every entry of a range.
    case apply(start: UInt64, size: UInt64, function: CallSite, create: Bool)
    /// `alloc_vmap_area`: an area of addresses is taken.
    case areaAllocated(start: UInt64, size: UInt64, failed: Bool)
    /// `free_vmap_area_noflush`: an area is given back, to be reused later.
    case areaFreed(start: UInt64)
    /// `purge_vmap_area_lazy`: areas given back may be used again.
    case areasPurged(start: UInt64, end: UInt64, count: UInt64)

    // MARK: Tables that go another way

    /// `now_free`: a block goes back at once, past the list.
    case freedAtOnce(descriptor: UInt64, order: Int, caller: CallSite)
    /// `hot_unmap`: memory is unplugged; `isDirect` separates the direct map
    /// from the descriptors' own.
    case hotUnmap(start: UInt64, end: UInt64, isDirect: Bool)
    /// `hot_free`: a table of unplugged memory goes, its entry not yet clear.
    ///
    /// Which register holds the address of its entry differs from one kernel to
    /// the next.
    case hotFree(
      descriptor: UInt64, flags: UInt64, caller: CallSite, r13: UInt64,
      r14: UInt64)
    /// `clr_pte`, `clr_pmd`, `clr_pud`: the entry of an unplugged table is
    /// about to be cleared.
    ///
    /// `value` is what it holds, `level` the table's that it points to.
    case entryCleared(entry: UInt64, value: UInt64, level: LinuxLevel)
    /// `hot_map`: plugged memory, by physical address, joins the direct map.
    case hotMap(start: UInt64, end: UInt64)
    /// `vmemmap_map`: descriptors of plugged memory are mapped.
    case vmemmapMap(start: UInt64, end: UInt64)
    /// `vmemmap_unmap`: descriptors of unplugged memory are unmapped.
    case vmemmapUnmap(start: UInt64, end: UInt64)

    // MARK: The work item

    /// `workqueue_queue_work`: the free's work item is queued.
    case workQueued
    /// `workqueue_execute_start`: a worker thread takes the item up.
    case workStarted
    /// `workqueue_execute_end`: the worker thread is done with it.
    case workFinished
  }
}
