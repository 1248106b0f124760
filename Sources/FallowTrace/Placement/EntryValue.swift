// SPDX-License-Identifier: Apache-2.0

/// What a recording says that a table entry held.
struct EntryValue: Equatable {
  private var rawValue: UInt64

  /// The entry that holds `rawValue`.
  init(_ rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// Whether the entry points to the frame of `descriptor`.
  ///
  /// Descriptors have 64 bytes each, and the kernel moves their array by whole
  /// GiB, so the lower bits of the two agree wherever the array is. Bits of the
  /// address above those are not compared, memory encryption's among them.
  func names(_ descriptor: UInt64) -> Bool {
    let offset = ((rawValue & 0x000F_FFFF_FFFF_F000) >> 6) & (1 << 30 - 1)
    return rawValue & 1 != 0 && offset == descriptor & (1 << 30 - 1)
  }
}

/// The entries whose contents a recording showed last, by their address.
struct KnownEntries {
  /// More entries than that are not remembered.
  private static let limit = 1 << 14
  private var values: [UInt64: EntryValue] = [:]

  /// What the entry at `address` held; nil if that is not recorded.
  subscript(address: UInt64) -> EntryValue? { values[address] }

  /// Takes note of what an event says of an entry.
  mutating func receive(_ payload: TraceEvent.Payload) {
    switch payload {
    case .pteAlloc(let entry, let value), .pmdAlloc(_, let entry, let value),
      .pudAlloc(_, let entry, let value), .pmdFree(_, let entry, let value),
      .pudFree(_, let entry, let value):
      if values.count == Self.limit { values.removeAll() }
      values[entry] = EntryValue(value)
    default: break
    }
  }
}
