/// The events that are read, by the names that recordings give them.
enum EventName: UInt32, CaseIterable {
  case tableFree, listed, workerStart, splice, invalidate, release, workerEnd
  case invalidated, stillLinked
  case clearedPTETable, clearedPMDTable, clearedPUDTable
  case flush
  case pmdFree, pudFree, pudFreePTE, collapse, split, changeAttributes
  case pteAlloc, pmdAlloc, pudAlloc, pmdHuge, pudHuge
  case vmap, vmapPhysical, vunmap, apply
  case areaAllocated, areaFreed, areasPurged
  case freedAtOnce, hotUnmap, hotFree, hotMap, vmemmapMap, vmemmapUnmap
  case workQueued, workStarted, workFinished

  /// What the recording calls the event.
  var recordedName: StaticString {
    switch self {
    case .tableFree: "kpt_free"
    case .listed: "kpt_listed"
    case .workerStart: "kpt_work"
    case .splice: "kpt_splice"
    case .invalidate: "kva_inval"
    case .release: "kpt_page_free"
    case .workerEnd: "kpt_work_ret"
    case .invalidated: "kva_inval_ret"
    case .stillLinked: "kpt_linked"
    case .flush: "ktlb"
    case .pmdFree: "pmd_free"
    case .pudFree: "pud_free"
    case .pudFreePTE: "pud_free_pte"
    case .collapse: "cpa_collapse"
    case .split: "cpa_split"
    case .changeAttributes: "cpa"
    case .pteAlloc: "pte_alloc"
    case .pmdAlloc: "pmd_alloc"
    case .pudAlloc: "pud_alloc"
    case .pmdHuge: "pmd_huge"
    case .pudHuge: "pud_huge"
    case .vmap: "vmap"
    case .vmapPhysical: "vmap_phys"
    case .vunmap: "vunmap"
    case .apply: "apply"
    case .areaAllocated: "alloc_vmap_area"
    case .areaFreed: "free_vmap_area_noflush"
    case .areasPurged: "purge_vmap_area_lazy"
    case .freedAtOnce: "now_free"
    case .hotUnmap: "hot_unmap"
    case .hotFree: "hot_free"
    case .hotMap: "hot_map"
    case .clearedPTETable: "clr_pte"
    case .clearedPMDTable: "clr_pmd"
    case .clearedPUDTable: "clr_pud"
    case .vmemmapMap: "vmemmap_map"
    case .vmemmapUnmap: "vmemmap_unmap"
    case .workQueued: "workqueue_queue_work"
    case .workStarted: "workqueue_execute_start"
    case .workFinished: "workqueue_execute_end"
    }
  }
}

extension EventName {
  private static let names = SymbolTable(allCases.map(\.recordedName))

  /// Whether the bytes of `line` in `range` are the name of an event that is
  /// read.
  static func isRecorded(_ line: LineBytes, _ range: Range<Int>) -> Bool {
    var hash = NameHash()
    for index in range { hash.add(line[index]) }
    return names.find(
      line, from: range.lowerBound, to: range.upperBound, hash: hash.value)
      != nil
  }
}
