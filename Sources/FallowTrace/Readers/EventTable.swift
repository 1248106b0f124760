// SPDX-License-Identifier: Apache-2.0

/// An event that is read: its name, and how its fields make a payload.
struct EventDeclaration: Sendable {
  /// Reads the fields behind an event's name; nil if the event is about
  /// something else than the deferred free.
  typealias Builder =
    @Sendable (inout FieldCursor, inout SymbolTable) -> TraceEvent.Payload?

  /// What recordings call the event.
  let recordedName: StaticString
  /// Makes the payload of the fields.
  let payload: Builder

  init(_ recordedName: StaticString, payload: @escaping Builder) {
    self.recordedName = recordedName
    self.payload = payload
  }
}

extension EventName {
  /// The table of events: a declaration for each, in the order of their
  /// numbers.
  static let table = allCases.map(\.declaration)

  var declaration: EventDeclaration {
    switch self {
    case .tableFree:
      EventDeclaration("kpt_free") { fields, symbols in
        .tableFree(
          descriptor: fields.number("ptdesc", or: "pt", "page"),
          flags: fields.numberIfAny("flags"),
          caller: fields.callSite("caller", &symbols))
      }
    case .listed:
      EventDeclaration("kpt_listed") { fields, _ in
        .listed(descriptor: fields.number("ptdesc", or: "pt", "page"))
      }
    case .workerStart: EventDeclaration("kpt_work") { _, _ in .workerStart }
    case .splice: EventDeclaration("kpt_splice") { _, _ in .splice }
    case .invalidate:
      EventDeclaration("kva_inval") { fields, _ in
        .invalidate(start: fields.number("start"), end: fields.number("end"))
      }
    case .release:
      EventDeclaration("kpt_page_free") { fields, _ in
        .release(
          descriptor: fields.number("page", or: "ptdesc", "pt"),
          order: fields.small("order", upTo: 63))
      }
    case .workerEnd: EventDeclaration("kpt_work_ret") { _, _ in .workerEnd }
    case .invalidated:
      EventDeclaration("kva_inval_ret") { _, _ in .invalidated }
    case .stillLinked:
      EventDeclaration("kpt_linked") { fields, _ in
        .stillLinked(descriptor: fields.number("ptdesc"))
      }
    case .clearedPTETable:
      EventDeclaration("clr_pte") { fields, _ in
        .entryCleared(
          entry: fields.number("entry"), value: fields.number("value"),
          level: .pte)
      }
    case .clearedPMDTable:
      EventDeclaration("clr_pmd") { fields, _ in
        .entryCleared(
          entry: fields.number("entry"), value: fields.number("value"),
          level: .pmd)
      }
    case .clearedPUDTable:
      EventDeclaration("clr_pud") { fields, _ in
        .entryCleared(
          entry: fields.number("entry"), value: fields.number("value"),
          level: .pud)
      }
    case .flush:
      EventDeclaration("ktlb") { fields, _ in
        .flush(start: fields.number("start"), end: fields.number("end"))
      }
    case .pmdFree:
      EventDeclaration("pmd_free") { fields, _ in
        .pmdFree(
          address: fields.number("addr"), entry: fields.number("entry"),
          value: fields.number("value"))
      }
    case .pudFree:
      EventDeclaration("pud_free") { fields, _ in
        .pudFree(
          address: fields.number("addr"), entry: fields.number("entry"),
          value: fields.number("value"))
      }
    case .pudFreePTE:
      EventDeclaration("pud_free_pte") { fields, _ in
        .pudFreePTE(
          descriptor: fields.number("ptdesc", or: "pt", "page"),
          nextSlot: fields.number("next_slot"))
      }
    case .collapse:
      EventDeclaration("cpa_collapse") { fields, _ in
        .collapse(
          address: fields.number("addr"), ret: fields.small("ret", upTo: 2),
          pt: fields.number("pt"), pt2: fields.number("pt2"))
      }
    case .split:
      EventDeclaration("cpa_split") { fields, _ in
        .split(
          address: fields.number("addr"), page: fields.number("page"),
          level: fields.small("level", upTo: 5), entry: fields.number("entry"))
      }
    case .changeAttributes:
      EventDeclaration("cpa") { fields, _ in
        .changeAttributes(
          address: fields.number("addr"), pages: fields.number("npages"),
          set: fields.number("set"), clear: fields.number("clr"),
          flags: fields.number("in_flag"))
      }
    case .pteAlloc:
      EventDeclaration("pte_alloc") { fields, _ in
        .pteAlloc(entry: fields.number("entry"), value: fields.number("value"))
      }
    case .pmdAlloc:
      EventDeclaration("pmd_alloc") { fields, _ in
        .pmdAlloc(
          address: fields.number("addr"), entry: fields.number("entry"),
          value: fields.number("value"))
      }
    case .pudAlloc:
      EventDeclaration("pud_alloc") { fields, _ in
        .pudAlloc(
          address: fields.number("addr"), entry: fields.number("entry"),
          value: fields.number("value"))
      }
    case .pmdHuge:
      EventDeclaration("pmd_huge") { fields, _ in
        .pmdHuge(
          entry: fields.number("entry"), phys: fields.number("phys"),
          ret: fields.small("ret", upTo: 1))
      }
    case .pudHuge:
      EventDeclaration("pud_huge") { fields, _ in
        .pudHuge(
          entry: fields.number("entry"), phys: fields.number("phys"),
          ret: fields.small("ret", upTo: 1))
      }
    case .vmap:
      EventDeclaration("vmap") { fields, _ in
        .vmap(
          start: fields.number("start"), end: fields.number("end"),
          shift: fields.small("shift", upTo: 63))
      }
    case .vmapPhysical:
      EventDeclaration("vmap_phys") { fields, _ in
        .vmapPhysical(
          start: fields.number("start"), end: fields.number("end"),
          phys: fields.number("phys"), shift: fields.small("shift", upTo: 63))
      }
    case .vunmap:
      EventDeclaration("vunmap") { fields, _ in
        .vunmap(start: fields.number("start"), end: fields.number("end"))
      }
    case .apply:
      EventDeclaration("apply") { fields, symbols in
        .apply(
          start: fields.number("start"), size: fields.number("size"),
          function: fields.callSite("fn", &symbols),
          create: fields.small("create", upTo: 1) == 1)
      }
    case .areaAllocated:
      EventDeclaration("alloc_vmap_area") { fields, _ in
        .areaAllocated(
          start: fields.number("va_start", or: "addr"),
          size: fields.number("size"),
          failed: fields.number("failed") != 0)
      }
    case .areaFreed:
      EventDeclaration("free_vmap_area_noflush") { fields, _ in
        .areaFreed(start: fields.number("va_start"))
      }
    case .areasPurged:
      EventDeclaration("purge_vmap_area_lazy") { fields, _ in
        .areasPurged(
          start: fields.number("start"), end: fields.number("end"),
          count: fields.number("num_purged", or: "npurged"))
      }
    case .freedAtOnce:
      EventDeclaration("now_free") { fields, symbols in
        .freedAtOnce(
          descriptor: fields.number("page", or: "ptdesc", "pt"),
          order: fields.small("order", upTo: 63),
          caller: fields.callSite("caller", &symbols))
      }
    case .hotUnmap:
      EventDeclaration("hot_unmap") { fields, _ in
        .hotUnmap(
          start: fields.number("start"), end: fields.number("end"),
          isDirect: fields.small("direct", upTo: 1) == 1)
      }
    case .hotFree:
      EventDeclaration("hot_free") { fields, symbols in
        .hotFree(
          descriptor: fields.number("page"), flags: fields.number("flags"),
          caller: fields.callSite("caller", &symbols),
          r13: fields.numberIfAny("r13"), r14: fields.numberIfAny("r14"))
      }
    case .hotMap:
      EventDeclaration("hot_map") { fields, _ in
        .hotMap(start: fields.number("start"), end: fields.number("end"))
      }
    case .vmemmapMap:
      EventDeclaration("vmemmap_map") { fields, _ in
        .vmemmapMap(start: fields.number("start"), end: fields.number("end"))
      }
    case .vmemmapUnmap:
      EventDeclaration("vmemmap_unmap") { fields, _ in
        .vmemmapUnmap(start: fields.number("start"), end: fields.number("end"))
      }
    case .workQueued:
      EventDeclaration("workqueue_queue_work") { fields, _ in
        Self.isTableWork(&fields) ? .workQueued : nil
      }
    case .workStarted:
      EventDeclaration("workqueue_execute_start") { fields, _ in
        Self.isTableWork(&fields) ? .workStarted : nil
      }
    case .workFinished:
      EventDeclaration("workqueue_execute_end") { fields, _ in
        Self.isTableWork(&fields) ? .workFinished : nil
      }
    }
  }

  /// Without a filter every work item is recorded; one is of interest.
  private static func isTableWork(_ fields: inout FieldCursor) -> Bool {
    fields.equals("function", "kernel_pgtable_work_func")
  }
}

extension EventName {
  /// The event that a payload is read from; nil for what `fallow record` adds
  /// to the line of another.
  init?(of payload: TraceEvent.Payload) {
    switch payload {
    case .observed, .unexamined: return nil
    case .entryCleared(_, _, .pte): self = .clearedPTETable
    case .entryCleared(_, _, .pmd): self = .clearedPMDTable
    case .entryCleared(_, _, .pud): self = .clearedPUDTable
    case .tableFree: self = .tableFree
    case .listed: self = .listed
    case .workerStart: self = .workerStart
    case .splice: self = .splice
    case .invalidate: self = .invalidate
    case .release: self = .release
    case .workerEnd: self = .workerEnd
    case .invalidated: self = .invalidated
    case .stillLinked: self = .stillLinked
    case .flush: self = .flush
    case .pmdFree: self = .pmdFree
    case .pudFree: self = .pudFree
    case .pudFreePTE: self = .pudFreePTE
    case .collapse: self = .collapse
    case .split: self = .split
    case .changeAttributes: self = .changeAttributes
    case .pteAlloc: self = .pteAlloc
    case .pmdAlloc: self = .pmdAlloc
    case .pudAlloc: self = .pudAlloc
    case .pmdHuge: self = .pmdHuge
    case .pudHuge: self = .pudHuge
    case .vmap: self = .vmap
    case .vmapPhysical: self = .vmapPhysical
    case .vunmap: self = .vunmap
    case .apply: self = .apply
    case .areaAllocated: self = .areaAllocated
    case .areaFreed: self = .areaFreed
    case .areasPurged: self = .areasPurged
    case .freedAtOnce: self = .freedAtOnce
    case .hotUnmap: self = .hotUnmap
    case .hotFree: self = .hotFree
    case .hotMap: self = .hotMap
    case .vmemmapMap: self = .vmemmapMap
    case .vmemmapUnmap: self = .vmemmapUnmap
    case .workQueued: self = .workQueued
    case .workStarted: self = .workStarted
    case .workFinished: self = .workFinished
    }
  }
}
