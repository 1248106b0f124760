// SPDX-License-Identifier: Apache-2.0

/// A change of a leaf's attributes: those to set and those to clear.
///
/// Bits of the leaf for which ``LeafAttributes`` has no name stay as they are.
@frozen
@usableFromInline
struct LeafChange: BitwiseCopyable {
  @usableFromInline let setting: LeafAttributes
  @usableFromInline let clearing: LeafAttributes

  /// A change that sets `setting` and clears the rest of `clearing`.
  ///
  /// To set a memory type clears the other.
  @inlinable
  init(setting: LeafAttributes, clearing: LeafAttributes) {
    self.setting = setting
    self.clearing =
      setting & .memoryType == .none ? clearing : clearing | .memoryType
  }

  /// What the change makes of `old`.
  @inlinable
  func applied(to old: LeafAttributes) -> LeafAttributes {
    old.subtracting(clearing) | setting
  }

  /// Whether there may be leaves of `format` that refuse the change, though
  /// `setting` alone is supported.
  @inlinable
  func dependsOnLeaves<Format: PageTableFormat>(
    of format: Format.Type
  ) -> Bool {
    let touched = setting | clearing
    if Format.requiresBreakBeforeMake
      && touched & .breakBeforeMake != .none
    {
      return true
    }
    let saysAll = touched | .walkerWritten == .all
    // Only where memory can be unreadable do attributes exclude each other.
    return !saysAll
      && Format.unsupportedAttributes(in: .unreadable | .executable) == .none
  }

  /// Refuses the change of a leaf, whatever else is mapped.
  @inlinable
  func refusal<Format: PageTableFormat>(
    in entry: UInt64, level: Int, at address: VirtualAddress,
    of format: Format.Type
  ) -> MapError? {
    let old = Format.attributes(of: entry, level: level)
    let new = applied(to: old)
    if Format.requiresBreakBeforeMake
      && old & .breakBeforeMake != new & .breakBeforeMake
    {
      return MapError(.requiresBreakBeforeMake, at: address, level: level)
    }
    // What a walker recorded is not the caller's to answer for.
    let refused = Format.unsupportedAttributes(
      in: new.subtracting(old & .walkerWritten))
    return refused == .none
      ? nil
      : MapError(
        .unsupportedAttributes, at: address, level: level, attributes: refused)
  }

  /// The bits to flip in a leaf, and what the leaf loses in the sense of
  /// `AddressSpace.protect(_:setting:clearing:revoked:)`.
  ///
  /// Leaves that agree in ``PageTableFormat/attributeMask(level:)`` have the
  /// same answer.
  @inlinable
  @inline(never)
  func flips<Format: PageTableFormat>(
    in entry: UInt64, level: Int, of format: Format.Type
  ) -> (bits: UInt64, revoked: LeafAttributes) {
    let old = Format.attributes(of: entry, level: level)
    let new = applied(to: old)
    let lost = (old.rights | old & (.walkerWritten | .global))
      .subtracting(new.rights | new & (.walkerWritten | .global))
    return (
      Format.difference(between: old, and: new, level: level),
      lost | LeafAttributes(rawValue: old.rawValue ^ new.rawValue) & .memoryType
    )
  }
}

extension PageTableFormat {
  /// The bits of a leaf of `level` that say `attributes`.
  @inlinable
  static func encoding(of attributes: LeafAttributes, level: Int) -> UInt64 {
    savingDirty(
      leafEntry(
        mapping: PhysicalAddress(0), level: level, attributes: attributes))
  }

  /// The bits of a leaf that are neither its address nor an attribute.
  @inlinable
  static func unnamedBits(in leaf: UInt64, level: Int) -> UInt64 {
    let attributes = attributes(of: leaf, level: level)
    return leaf & attributeMask(level: level)
      & ~leafEntry(
        mapping: PhysicalAddress(0), level: level, attributes: attributes)
      & ~encoding(of: attributes, level: level)
  }
}
