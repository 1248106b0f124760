// SPDX-License-Identifier: Apache-2.0

/// The taking over of tables that the library did not write.
///
/// It goes over the tree twice: once to mark each table and check each entry,
/// which can be undone, and once to count and rewrite them.
@frozen
@usableFromInline
struct Adoption<Format: PageTableFormat, P: Platform> {
  @usableFromInline let platform: P
  @usableFromInline let root: FrameNumber
  /// The first physical address that no leaf reaches.
  @usableFromInline let limit: UInt64

  @inlinable
  init(platform: P, root: FrameNumber, limit: UInt64) {
    self.platform = platform
    self.root = root
    self.limit = limit
  }

  /// Marks every table as under construction; or says what cannot be adopted,
  /// with every mark taken back.
  @inlinable
  func mark() throws(P.Interruption) -> MapError? {
    guard
      let error = try mark(
        root, level: Format.levels, at: VirtualAddress(0))
    else { return nil }
    try unmark()
    return error
  }

  /// Takes every mark back.
  @inlinable
  func unmark() throws(P.Interruption) {
    try unmark(root, level: Format.levels)
  }

  /// Makes every marked table a linked one of the kernel half.
  @inlinable
  func commit(
    isReserved: (FrameNumber) -> Bool
  ) throws(P.Interruption) {
    try commit(root, level: Format.levels, isReserved: isReserved)
    try platform.store(0, to: .binding, of: root)
  }

  /// What the descriptor said before is kept in its link meanwhile.
  @inlinable
  func mark(
    _ table: FrameNumber, level: Int, at address: VirtualAddress
  ) throws(P.Interruption) -> MapError? {
    guard platform.hasDescriptor(table) else {
      return MapError(.unsupportedEntry, at: address, level: level &+ 1)
    }
    let before = try platform.typeWord(of: table)
    guard before.kind != .table else {
      // Another entry points to it too.
      return MapError(.unsupportedEntry, at: address, level: level &+ 1)
    }
    try platform.store(UInt64(before.rawValue), to: .link, of: table)
    try platform.setTypeWord(
      .table(of: KernelHalf.self, level: level, order: 0).inZone(of: before),
      of: table)
    for index in 0..<Format.entriesPerTable {
      let entry = try platform.load(table.address.advanced(byEntries: index))
      if entry == 0 { continue }
      let at = Format.canonical(
        address + Format.size(of: index, level: level))
      guard isRepresentable(entry, index: index, level: level) else {
        return MapError(.unsupportedEntry, at: at, level: level)
      }
      if Format.isLeaf(entry, level: level) { continue }
      if let error = try mark(
        Format.table(in: entry, level: level), level: level &- 1, at: at)
      {
        return error
      }
    }
    return nil
  }

  /// Whether an entry says nothing but what the library can write there.
  @inlinable
  func isRepresentable(_ entry: UInt64, index: Int, level: Int) -> Bool {
    guard Format.isPresent(entry) else { return false }
    guard Format.isLeaf(entry, level: level) else {
      return Format.isPlainTable(entry)
    }
    // Every root copies these entries, and an unmapping would reach one.
    let isCopied =
      level == Format.levels && index >= Format.kernelHalfIndex
    guard level <= Format.maxLeafLevel && !isCopied else { return false }
    let address = Format.leafAddress(in: entry, level: level)
    let attributes = Format.attributes(of: entry, level: level)
    let refused = Format.unsupportedAttributes(ofKernelHalf: true)
    return attributes & refused == .none && !attributes.contains(.memoryType)
      && address.rawValue & (Format.span(of: level) &- 1) == 0
      && address.rawValue < limit
      && entry & ~Format.ignoredBits
        == Format.leafEntry(
          mapping: address, level: level, attributes: attributes)
  }

  @inlinable
  func unmark(
    _ table: FrameNumber, level: Int
  ) throws(P.Interruption) {
    guard platform.hasDescriptor(table) else { return }
    let word = try platform.typeWord(of: table)
    guard word.isTable(in: .constructed) else { return }
    let before = try platform.load(.link, of: table)
    try platform.setTypeWord(
      TypeWord(rawValue: UInt32(truncatingIfNeeded: before)), of: table)
    if level == 1 { return }
    for index in 0..<Format.entriesPerTable {
      let entry = try platform.load(table.address.advanced(byEntries: index))
      guard Format.isPresent(entry), !Format.isLeaf(entry, level: level),
        Format.isPlainTable(entry)
      else { continue }
      try unmark(Format.table(in: entry, level: level), level: level &- 1)
    }
  }

  @inlinable
  func commit(
    _ table: FrameNumber, level: Int, isReserved: (FrameNumber) -> Bool
  ) throws(P.Interruption) {
    var word = try platform.typeWord(of: table)
    word.state = .linked
    word[.reservedMemory] = isReserved(table)
    try platform.setTypeWord(word, of: table)
    try platform.count(1, at: .account(.constructed))
    try platform.account(1, from: .constructed, to: .linked)
    var used: UInt64 = 0
    for index in 0..<Format.entriesPerTable {
      let slot = table.address.advanced(byEntries: index)
      let entry = try platform.load(slot)
      if entry == 0 { continue }
      used &+= 1
      if Format.isLeaf(entry, level: level) { continue }
      let child = Format.table(in: entry, level: level)
      _ = try platform.exchange(
        Format.tableEntry(pointingTo: child.address, isKernel: true), at: slot)
      try commit(child, level: level &- 1, isReserved: isReserved)
    }
    try platform.store(used, to: .entryCount, of: table)
  }
}
