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

  /// The bits to flip in a leaf, and the rights that this takes away; nil if
  /// the architecture forbids the change while the leaf is present.
  ///
  /// Leaves that agree in ``PageTableFormat/attributeMask(level:)`` have the
  /// same answer.
  @inlinable
  @inline(never)
  func flips<Format: PageTableFormat>(
    in entry: UInt64, level: Int, of format: Format.Type
  ) -> (bits: UInt64, revoked: LeafAttributes)? {
    let old = Format.attributes(of: entry, level: level)
    let new = old.subtracting(clearing) | setting
    if Format.demandsBreakBeforeMake
      && old & .memoryType != new & .memoryType
    {
      return nil
    }
    let zero = PhysicalAddress(0)
    return (
      Format.leafEntry(mapping: zero, level: level, attributes: old)
        ^ Format.leafEntry(mapping: zero, level: level, attributes: new),
      old.rights.subtracting(new.rights)
    )
  }
}
