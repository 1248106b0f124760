// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// What an access to memory comes to.
public enum AccessOutcome: Hashable, Sendable {
  /// A fault: nothing is mapped there.
  case notMapped
  /// A fault: the page may not be written.
  case notWritable
  /// A page, by the lower two bits of its number.
  case reached(page: Int)

  init(_ rawValue: UInt64) {
    switch rawValue {
    case 0: self = .notMapped
    case 1: self = .notWritable
    default: self = .reached(page: Int(rawValue) - 2)
    }
  }

  var rawValue: UInt64 {
    switch self {
    case .notMapped: 0
    case .notWritable: 1
    case .reached(let page): UInt64(page) + 2
    }
  }

  /// As a timeline says it.
  var text: String {
    switch self {
    case .notMapped: "not mapped"
    case .notWritable: "not writable"
    case .reached(let page): "reaches page \(page)"
    }
  }
}

/// Accesses that go through the tables, and the flushes that they wait for.
extension SteppingMachine {
  /// A shared access: the actor's CPU reads or writes memory at a virtual
  /// address, by a leaf that it holds or by a walk.
  ///
  /// Each thing that it can come to is searched: every leaf that the CPU may
  /// hold under its ASID, and what a walk finds from every table that it may
  /// hold. A scenario without ``Bounds/keepsTranslations`` does not have it: the
  /// search ends with ``Oracle/outOfBounds``; so it does on a CPU that walks
  /// other tables.
  ///
  /// The access is made as a whole and in the order of the code: no access
  /// passes another, and none is translated before those ahead of it.
  ///
  /// - Parameters:
  ///   - address: The virtual address.
  ///   - isWrite: Whether it is a store.
  /// - Returns: What it came to.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func access(
    _ address: VirtualAddress, isWrite: Bool = false
  ) throws(Stop) -> AccessOutcome {
    let number = address.rawValue >> FrameNumber.shift
    guard core.layout.keepsTranslations, number < core.layout.pageCount,
      core.asid(of: core.cpu(of: core.actor)) < core.layout.asids
    else { throw core.fail(.outOfBounds) }
    let page = Int(number)
    let detail = isWrite ? 1 : 0
    if let answer = try core.begin(.translate, page, detail) {
      return AccessOutcome(answer)
    }
    let ways = core.translations(of: page, isWrite: isWrite)
    let result = ways[core.pick(ways.count)]
    return AccessOutcome(
      try core.end(.translate, page, detail, result.rawValue))
  }

  /// A shared access that issues a flush and does not wait for it, as Arm's
  /// TLBI does: it is done once the same actor has called
  /// ``awaitFlushes()``.
  ///
  /// A machine whose CPUs cache that nothing is mapped does not have it.
  ///
  /// - Parameters:
  ///   - range: The virtual addresses.
  ///   - scope: Whether pointers to tables are forgotten as well.
  ///   - isLocal: Whether the actor's CPU alone forgets, which only a machine
  ///     with ``Bounds/cpusCacheApart`` has.
  ///   - asid: The ASID whose caches are flushed; nil for all.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func issueFlush(
    _ range: VirtualRange, _ scope: FlushScope = .tables,
    isLocal: Bool = false, asid: Int? = nil
  ) throws(Stop) {
    try issueFlush(
      range, tables: scope == .tables, leaves: true, isLocal: isLocal,
      asid: asid)
  }

  /// The same for each kind of entry by itself.
  func issueFlush(
    _ range: VirtualRange, tables: Bool, leaves: Bool, isLocal: Bool,
    asid: Int?
  ) throws(Stop) {
    guard (0..<core.layout.asids).contains(asid ?? 0),
      !core.rules.cpusCacheAbsence, !isLocal || core.layout.cachingCPUs > 1
    else { throw core.fail(.outOfBounds) }
    let target = isLocal ? 3 : 2
    let detail =
      (tables ? 1 : 0) | (leaves ? 2 : 0) | ((asid ?? -1) + 1) << 2
    if try core.begin(.flushCPUs, target, detail) != nil { return }
    core.issueFlush(
      of: core.layout.pages(in: range), tables: tables, leaves: leaves,
      Core.FlushedCPUs(
        cpus: isLocal ? 1 << UInt8(core.currentCPU()) : .max, asid: asid))
    try core.end(.flushCPUs, target, detail, 0)
  }

  /// A shared access that waits until what the actor's CPU stored is seen and
  /// the flushes that the actor issued are done, as Arm's DSB does.
  ///
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func awaitFlushes() throws(Stop) {
    if try core.begin(.awaitFlushes, 0) != nil { return }
    core.completeFlushes()
    core.treeChanged = true
    try core.end(.awaitFlushes, 0, 0, 0)
  }
}
