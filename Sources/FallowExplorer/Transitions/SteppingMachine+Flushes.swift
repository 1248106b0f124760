// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// Flushes of the CPUs that interrupt none of them, or not all, and what CPUs
/// walk under.
extension SteppingMachine {
  /// A shared access: every CPU forgets what it cached of a range, by a command
  /// to all, as Arm's TLBI does.
  ///
  /// No CPU is interrupted, so a reader with its interrupts off is not waited
  /// for.
  ///
  /// - Parameter range: The virtual addresses.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func broadcastFlush(_ range: VirtualRange) throws(Stop) {
    if try core.begin(.flushCPUs, 0, 2) != nil { return }
    core.flushCPUs(core.layout.pages(in: range), tables: true)
    try core.end(.flushCPUs, 0, 2, 0)
  }

  /// A shared access: the actor's CPU forgets what it cached of a range, and no
  /// other does, as x86's INVLPG and INVPCID, Arm's TLBI without the inner
  /// shareable domain, and RISC-V's SFENCE.VMA do.
  ///
  /// A machine whose CPUs do not cache apart does not have it: the search ends
  /// with ``Oracle/outOfBounds``. See ``Bounds/cpusCacheApart``.
  ///
  /// - Parameters:
  ///   - range: The virtual addresses.
  ///   - scope: Whether pointers to tables are forgotten as well.
  ///   - asid: The ASID whose caches are flushed; nil for all.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func flushOwnCPU(
    _ range: VirtualRange, _ scope: FlushScope = .tables, asid: Int? = nil
  ) throws(Stop) {
    let detail = try detail(scope, asid: asid)
    guard core.layout.cachingCPUs > 1 else { throw core.fail(.outOfBounds) }
    if try core.begin(.flushCPUs, 1, detail) != nil { return }
    let cpu = core.currentCPU()
    core.flushCPUs(
      core.layout.pages(in: range), tables: scope == .tables,
      of: Core.FlushedCPUs(cpus: 1 << UInt8(cpu), asid: asid))
    try core.end(.flushCPUs, 1, detail, 0)
  }

  /// A shared access that blocks until some CPUs have taken the interrupt by
  /// which they are asked to flush.
  ///
  /// - Parameters:
  ///   - range: The virtual addresses.
  ///   - cpus: The CPUs, a bit each; the worker's comes after the others. On a
  ///     machine whose CPUs do not cache apart it is all of them.
  ///   - scope: Whether pointers to tables are forgotten as well.
  ///   - asid: The ASID whose caches are flushed; nil for all.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func flushCPUs(
    _ range: VirtualRange, on cpus: UInt8, _ scope: FlushScope = .tables,
    asid: Int? = nil
  ) throws(Stop) {
    let detail = try detail(scope, asid: asid) | Int(cpus) << 8
    if try core.begin(.flushCPUs, 0, detail) != nil { return }
    try core.interruptCPUs(cpus)
    core.flushCPUs(
      core.layout.pages(in: range), tables: scope == .tables,
      of: Core.FlushedCPUs(cpus: cpus, asid: asid))
    try core.end(.flushCPUs, 0, detail, 0)
  }

  private func detail(
    _ scope: FlushScope, asid: Int?
  ) throws(Stop) -> Int {
    guard (0..<core.layout.asids).contains(asid ?? 0) else {
      throw core.fail(.outOfBounds)
    }
    return (scope == .leaves ? 1 : 0) | 4 | ((asid ?? -1) + 1) << 3
  }

  /// A shared access: the actor's CPU walks the tables under an ASID from now
  /// on, or other tables, as a switch to another address space does.
  ///
  /// What it cached under other ASIDs stays, and is not used before it walks
  /// under them again. Every CPU walks under ASID 0 at first.
  ///
  /// - Parameters:
  ///   - asid: The ASID; nil if the CPU walks other tables.
  ///   - keepsCaches: Whether it keeps what it had cached under that ASID: bit
  ///     63 of x86's CR3.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func loadASID(_ asid: Int?, keepsCaches: Bool = true) throws(Stop) {
    guard (0..<core.layout.asids).contains(asid ?? 0),
      core.actor < core.layout.cpus
    else { throw core.fail(.outOfBounds) }
    let target = (asid ?? -1) + 1
    let detail = keepsCaches ? 1 : 0
    if try core.begin(.loadASID, target, detail) != nil { return }
    let cpu = core.currentCPU()
    core.setASID(of: cpu, to: asid ?? 0xf)
    if !keepsCaches {
      core.flushCPUs(
        0..<core.layout.pageCount, tables: true,
        of: Core.FlushedCPUs(cpus: 1 << UInt8(cpu), asid: asid ?? 0))
    }
    try core.end(.loadASID, target, detail, 0)
  }
}
