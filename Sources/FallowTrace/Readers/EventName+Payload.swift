extension EventName {
  /// What the fields behind an event's name say.
  enum Fields {
    case payload(TraceEvent.Payload)
    /// An event of this name, about something else.
    case unrelated
    case malformed
  }

  /// Reads the fields of this event.
  @inline(__always)
  func read(
    _ fields: inout FieldCursor, _ symbols: inout SymbolTable
  ) -> Fields {
    switch self {
    case .workQueued, .workStarted, .workFinished:
      // Without a filter every work item is recorded; one is of interest.
      guard fields.isWhole else { return .malformed }
      if isTableWork(&fields) { return .payload(workPayload) }
      return fields.isWhole ? .unrelated : .malformed
    default:
      let payload = payload(&fields, &symbols)
      return fields.isWhole ? .payload(payload) : .malformed
    }
  }

  private var workPayload: TraceEvent.Payload {
    switch self {
    case .workQueued: .workQueued
    case .workStarted: .workStarted
    default: .workFinished
    }
  }

  private func isTableWork(_ fields: inout FieldCursor) -> Bool {
    fields.equals("function", "kernel_pgtable_work_func")
  }

  @inline(__always)
  private func payload(
    _ fields: inout FieldCursor, _ symbols: inout SymbolTable
  ) -> TraceEvent.Payload {
    switch self {
    case .tableFree:
      .tableFree(
        descriptor: fields.number("ptdesc", or: "pt", "page"),
        flags: fields.numberIfAny("flags"),
        caller: fields.callSite("caller", &symbols))
    case .listed: .listed(descriptor: fields.number("ptdesc", or: "pt", "page"))
    case .workerStart: .workerStart
    case .splice: .splice
    case .invalidate:
      .invalidate(start: fields.number("start"), end: fields.number("end"))
    case .release:
      .release(
        descriptor: fields.number("page", or: "ptdesc", "pt"),
        order: fields.small("order", upTo: 63))
    case .workerEnd: .workerEnd
    case .invalidated: .invalidated
    case .stillLinked: .stillLinked(descriptor: fields.number("ptdesc"))
    case .flush:
      .flush(start: fields.number("start"), end: fields.number("end"))
    case .pmdFree:
      .pmdFree(
        address: fields.number("addr"), entry: fields.number("entry"),
        value: fields.number("value"))
    case .pudFree:
      .pudFree(
        address: fields.number("addr"), entry: fields.number("entry"),
        value: fields.number("value"))
    case .pudFreePTE:
      .pudFreePTE(
        descriptor: fields.number("ptdesc", or: "pt", "page"),
        nextSlot: fields.number("next_slot"))
    case .collapse:
      .collapse(
        address: fields.number("addr"), ret: fields.small("ret", upTo: 2),
        pt: fields.number("pt"), pt2: fields.number("pt2"))
    case .split:
      .split(
        address: fields.number("addr"), page: fields.number("page"),
        level: fields.small("level", upTo: 5), entry: fields.number("entry"))
    case .changeAttributes:
      .changeAttributes(
        address: fields.number("addr"), pages: fields.number("npages"),
        set: fields.number("set"), clear: fields.number("clr"),
        flags: fields.number("in_flag"))
    case .pteAlloc:
      .pteAlloc(entry: fields.number("entry"), value: fields.number("value"))
    default: mappingPayload(&fields, &symbols)
    }
  }

  /// The rest: rarer tables, and what is mapped and unmapped.
  @inline(__always)
  private func mappingPayload(
    _ fields: inout FieldCursor, _ symbols: inout SymbolTable
  ) -> TraceEvent.Payload {
    switch self {
    case .pmdAlloc:
      .pmdAlloc(
        address: fields.number("addr"), entry: fields.number("entry"),
        value: fields.number("value"))
    case .pudAlloc:
      .pudAlloc(
        address: fields.number("addr"), entry: fields.number("entry"),
        value: fields.number("value"))
    case .pmdHuge:
      .pmdHuge(
        entry: fields.number("entry"), phys: fields.number("phys"),
        ret: fields.small("ret", upTo: 1))
    case .pudHuge:
      .pudHuge(
        entry: fields.number("entry"), phys: fields.number("phys"),
        ret: fields.small("ret", upTo: 1))
    case .vmap:
      .vmap(
        start: fields.number("start"), end: fields.number("end"),
        shift: fields.small("shift", upTo: 63))
    case .vmapPhysical:
      .vmapPhysical(
        start: fields.number("start"), end: fields.number("end"),
        phys: fields.number("phys"), shift: fields.small("shift", upTo: 63))
    case .vunmap:
      .vunmap(start: fields.number("start"), end: fields.number("end"))
    case .apply:
      .apply(
        start: fields.number("start"), size: fields.number("size"),
        function: fields.callSite("fn", &symbols),
        create: fields.small("create", upTo: 1) == 1)
    case .areaAllocated:
      .areaAllocated(
        start: fields.number("va_start", or: "addr"),
        size: fields.number("size"),
        failed: fields.number("failed") != 0)
    case .areaFreed: .areaFreed(start: fields.number("va_start"))
    case .areasPurged:
      .areasPurged(
        start: fields.number("start"), end: fields.number("end"),
        count: fields.number("num_purged", or: "npurged"))
    case .freedAtOnce:
      .freedAtOnce(
        descriptor: fields.number("page", or: "ptdesc", "pt"),
        order: fields.small("order", upTo: 63),
        caller: fields.callSite("caller", &symbols))
    case .hotUnmap:
      .hotUnmap(
        start: fields.number("start"), end: fields.number("end"),
        isDirect: fields.small("direct", upTo: 1) == 1)
    case .hotFree:
      .hotFree(
        descriptor: fields.number("page"), flags: fields.number("flags"),
        caller: fields.callSite("caller", &symbols),
        r13: fields.numberIfAny("r13"), r14: fields.numberIfAny("r14"))
    case .hotMap:
      .hotMap(start: fields.number("start"), end: fields.number("end"))
    case .clearedPTETable: entryCleared(&fields, .pte)
    case .clearedPMDTable: entryCleared(&fields, .pmd)
    case .clearedPUDTable: entryCleared(&fields, .pud)
    case .vmemmapMap:
      .vmemmapMap(start: fields.number("start"), end: fields.number("end"))
    default:
      .vmemmapUnmap(start: fields.number("start"), end: fields.number("end"))
    }
  }

  private func entryCleared(
    _ fields: inout FieldCursor, _ level: LinuxLevel
  ) -> TraceEvent.Payload {
    .entryCleared(
      entry: fields.number("entry"), value: fields.number("value"),
      level: level)
  }
}
