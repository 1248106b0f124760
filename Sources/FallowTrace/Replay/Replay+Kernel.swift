// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine

/// Everything that the replay does to the kernel's address space.
///
/// A recording may be damaged, and a replay is not the kernel that was
/// recorded: an operation that cannot be done here is counted and left out,
/// and the space is as it was before.
extension Replay {
  /// Maps `range` to the frames from `address` on.
  ///
  /// - Returns: Whether all of it is mapped; if not, nothing of it is.
  func mapLeaves(
    _ range: VirtualRange, to address: PhysicalAddress, maxLeafLevel: Int
  ) -> Bool {
    clearStaleEntries(in: range)
    // Where the limit is reached while a drain waits, the map would wait for it,
    // and nothing else runs meanwhile.
    guard makeRoom() else {
      log.leftOut += 1
      return false
    }
    let refusal = kernel.map(
      range, to: address, attributes: .kernelData, maxLeafLevel: maxLeafLevel)
    if refusal == nil { return true }
    unmapLeaves(range)
    log.leftOut += 1
    return false
  }

  /// Unmaps every leaf in `range`, and keeps the tables.
  func unmapLeaves(_ range: VirtualRange) {
    clearStaleEntries(in: range)
    while let refusal = kernel.unmap(range) {
      // A leaf reaches out of the range: the recording lost an event, or a
      // collapse joined two areas.
      log.restored += 1
      guard refusal.kind == .partialLeaf, splitLeaf(at: refusal.address) else {
        log.leftOut += 1
        return
      }
    }
  }

  /// Splits the large leaf at `address`; false if there is none, or no frame.
  private func splitLeaf(at address: VirtualAddress) -> Bool {
    guard makeRoom() else { return false }
    for level in [3, 2]
    where kernel.entryKind(at: address, level: level) == .leaf {
      return kernel.split(at: address, level: level) == nil
    }
    return false
  }

  /// What stands in the entry of a table of `level` for `stretch`.
  func entryKind(of stretch: VirtualRange, level: Int) -> EntryKind {
    clearStaleEntries(in: stretch)
    return kernel.entryKind(at: stretch.start, level: level)
  }

  /// Unlinks the empty table behind that entry, and the empty tables below it,
  /// each before the one that pointed to it.
  ///
  /// - Returns: The tables; none if something is mapped there, or nothing is.
  func detach(_ stretch: VirtualRange, level: Int) -> [Held] {
    clearStaleEntries(in: stretch)
    var unlinked = UnlinkedTables<MachinePlatform, KernelHalf>(
      on: machine.platform)
    _ = kernel.detach(at: stretch.start, level: level, into: &unlinked)
    return Self.boxes(unlinked)
  }

  /// Replaces the full table behind that entry by a leaf.
  ///
  /// - Returns: The table; none if one leaf cannot replace it.
  func collapse(_ stretch: VirtualRange, level: Int) -> [Held] {
    clearStaleEntries(in: stretch)
    var unlinked = UnlinkedTables<MachinePlatform, KernelHalf>(
      on: machine.platform)
    _ = kernel.collapse(at: stretch.start, level: level, into: &unlinked)
    return Self.boxes(unlinked)
  }

  /// Splits the leaf that the entry is; counts it if there is no frame.
  func splitLeaf(_ stretch: VirtualRange, level: Int) {
    clearStaleEntries(in: stretch)
    guard makeRoom() else {
      log.leftOut += 1
      return
    }
    let refusal = kernel.split(at: stretch.start, level: level)
    if refusal?.kind == .outOfFrames {
      log.leftOut += 1
    }
  }

  static func boxes(
    _ tables: consuming UnlinkedTables<MachinePlatform, KernelHalf>
  ) -> [Held] {
    var boxes: [Held] = []
    while !tables.isEmpty { boxes.append(Held(tables.removeFirst())) }
    return boxes
  }

  /// Retires a table, if its box still has it.
  func retire(_ table: Held) {
    guard let tables = table.take() else { return }
    subject.scheme.retire(tables)
  }
}
