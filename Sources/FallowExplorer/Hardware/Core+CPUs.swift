// SPDX-License-Identifier: Apache-2.0

/// What CPUs cache: all as one, or each apart, and under each ASID.
extension Core {
  /// Which of the CPUs' caches a flush is for.
  struct FlushedCPUs {
    /// The CPUs, a bit each; all if none caches apart.
    var cpus: UInt8 = .max
    /// The ASID; nil for all.
    var asid: Int?
  }

  /// Lets every CPU hold all that it can reach under the ASID that it walks
  /// under.
  @inline(__always)
  func walkByCPUs() {
    if hasIssuedFlushes { walkByFlushedCPUs() }
    if layout.cpuWalkers == 1, layout.asids == 1 {
      if isWalking(cpuWalker: 0) { walk(0, from: 1, old: false) }
      return
    }
    for number in 0..<layout.cpuWalkers {
      let walker = layout.walker(ofCPUs: number)
      if isWalking(cpuWalker: walker) { walk(walker, from: 1, old: false) }
    }
  }

  /// Whether a CPU walks under the ASID of a walker: what it cached under
  /// others it does not use.
  @inline(__always)
  func isWalking(cpuWalker walker: Int) -> Bool {
    let loaded = cells[Layout.loadedASIDs]
    if loaded == 0 { return walker == 0 || layout.cpu(of: walker).asid == 0 }
    let (cpu, asid) = layout.cpu(of: walker)
    if layout.cachingCPUs > 1 { return self.asid(of: cpu) == asid }
    return (0..<layout.firstInterrupt).contains { self.asid(of: $0) == asid }
  }

  /// The ASID that a CPU walks under; 15 if it walks other tables.
  func asid(of cpu: Int) -> Int {
    Int(truncatingIfNeeded: cells[Layout.loadedASIDs] >> UInt64(4 * cpu) & 0xf)
  }

  /// Has a CPU walk under an ASID.
  mutating func setASID(of cpu: Int, to asid: Int) {
    let shift = UInt64(4 * cpu)
    cells[Layout.loadedASIDs] =
      cells[Layout.loadedASIDs] & ~(0xf << shift) | UInt64(asid) << shift
    treeChanged = true
  }

  /// CPUs forget what covers one of `pages`: leaves, and pointers to tables if
  /// so asked.
  ///
  /// No more is promised by all processors, though some forget more.
  mutating func flushCPUs(
    _ pages: Range<Int>, tables: Bool, leaves: Bool = true,
    of flushed: FlushedCPUs = FlushedCPUs(), isDone: Bool = true
  ) {
    treeChanged = true
    for number in 0..<layout.cpuWalkers {
      let walker = layout.walker(ofCPUs: number)
      let (cpu, asid) = layout.cpu(of: walker)
      // Guard: a-flush-of-one-cpu-is-its-own, asids-are-flushed-apart
      guard flushed.asid ?? asid == asid,
        layout.cachingCPUs == 1 || flushed.cpus >> UInt8(cpu) & 1 != 0
      else { continue }
      // Guard: a-flush-has-a-range
      for place in 1...layout.places where covers(pages, place, .overlapping) {
        drop(
          place, of: walker, tables: tables, leaves: leaves, keepsOld: !isDone)
      }
    }
    if isDone { forgetAbsence(of: pages) }
  }
}
