// SPDX-License-Identifier: Apache-2.0

/// Writes what `fallow record` writes, event by event.
///
/// The times are 1 microsecond apart, and the sequence has no gap.
struct RecordText {
  private var lines: [String] = []
  private var sequence = 0
  /// The heading of a recording whose probes are all set.
  var heading = """
    # fallow record 1
    # kernel 7.3-test
    # probe kpt_free pagetable_free_kernel+0x0
    # probe kpt_work kernel_pgtable_work_func+0x0
    # probe kpt_work_ret kernel_pgtable_work_func+0x0 return
    # probe kpt_splice kernel_pgtable_work_func+0x83
    # probe kva_inval iommu_sva_invalidate_kva_range+0x0
    # probe kva_inval_ret iommu_sva_invalidate_kva_range+0x0 return
    # probe kpt_page_free kernel_pgtable_work_func+0xc9
    # probe now_free free_pagetable+0x36
    # ready

    """
  /// The last lines of a recording that the recorder ended itself.
  var ending = "# lost 0\n# list empty\n# end\n"

  /// The whole text.
  var text: String {
    heading + lines.map { $0 + "\n" }.joined() + ending
  }

  /// The worker's task.
  static let worker = 11

  /// Adds an event.
  mutating func add(
    _ name: String, _ fields: String = "", task: Int = worker, cpu: Int = 0
  ) {
    let micros = String(sequence + 1)
    let zeros = String(repeating: "0", count: 6 - micros.count)
    let command = task == Self.worker ? "kworker/0:1" : "modprobe"
    lines.append(
      "  \(command)-\(task) [00\(cpu)] 5.\(zeros)\(micros)000: \(name): "
        + "seq=\(sequence) \(fields)")
    sequence += 1
  }

  /// Leaves a number of the sequence out, as a lost event does.
  mutating func lose() {
    sequence += 1
  }

  /// Adds the free of a table.
  mutating func free(
    _ table: Int, named: String = "no", type: String = "0xffffffff",
    caller: String = "cpa_flush", task: Int = 100
  ) {
    add(
      "kpt_free",
      "ptdesc=\(Self.descriptor(table)) flags=0x0 caller=\(caller)+0x24a "
        + "type=\(type) refs=1 va=0xffffffffc0600000 level=1 named=\(named) "
        + "entry=0xffff88c029e2f018 value=0x1 "
        + "stack=pagetable_free_kernel+0x5<\(caller)+0x24a<set_memory_rox+0x41",
      task: task)
  }

  /// Adds a table that is given back at once.
  mutating func freeAtOnce(
    _ table: Int, named: String = "no", caller: String = "cpa_flush",
    data: Int = 0
  ) {
    add(
      "now_free",
      "page=\(Self.descriptor(table)) order=0 caller=\(caller)+0x2cc "
        + "type=0xffffffff refs=1 va=0xffffffffc0600000 level=1 "
        + "named=\(named) entry=0xffff88c029e2f018 value=0x1 data=\(data) "
        + "stack=\(caller)+0x2cc<set_memory_rox+0x41", task: 100)
  }

  /// Adds the release of a table.
  mutating func release(
    _ table: Int, named: String = "no", refs: Int = 1, task: Int = worker
  ) {
    add(
      "kpt_page_free",
      "page=\(Self.descriptor(table)) order=0 type=0xffffffff refs=\(refs) "
        + "va=0xffffffffc0600000 level=1 named=\(named) "
        + "entry=0xffff88c029e2f018 value=0x1", task: task)
  }

  /// Adds the beginning of a run, up to the end of its invalidation.
  mutating func beginRun(task: Int = worker) {
    add("kpt_work", task: task)
    add("kpt_splice", task: task)
    invalidate(task: task)
  }

  /// Adds an invalidation; `linked` is a table that an entry names then.
  mutating func invalidate(linked: Int? = nil, task: Int = worker) {
    add("kva_inval", "start=0x0 end=0x1 open=1 looked=1", task: task)
    if let linked {
      add(
        "kpt_linked",
        "ptdesc=\(Self.descriptor(linked)) va=0xffffffffc0600000 level=1 "
          + "named=yes entry=0xffff88c029e2f018 value=0x1", task: task)
    }
    add("kva_inval_ret", task: task)
  }

  /// Adds the end of a run.
  mutating func endRun(task: Int = worker) {
    add("kpt_work_ret", task: task)
  }

  /// Adds a whole run that releases `tables`.
  mutating func run(releasing tables: Int...) {
    beginRun()
    for table in tables { release(table) }
    endRun()
  }

  private static func descriptor(_ table: Int) -> String {
    "0xfffff8b280000" + String(0x100 + table * 0x40, radix: 16)
  }
}
