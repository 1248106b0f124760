/// How a call to map ended.
@frozen
public enum MapOutcome: Equatable, BitwiseCopyable, Sendable {
  /// The whole range is mapped.
  case mapped
  /// Something was mapped at the address; all before it is mapped now.
  case occupied(VirtualAddress)
  /// There was no frame for a table; all before the address is mapped now.
  case outOfFrames(VirtualAddress)
  /// The format cannot say these attributes; nothing has changed.
  case inexpressible(LeafAttributes)
}

/// How a call to unmap ended.
@frozen
public enum UnmapOutcome: Equatable, BitwiseCopyable, Sendable {
  /// Nothing in the range is mapped any more.
  case unmapped
  /// A leaf at the address reaches out of the range; all before it is
  /// unmapped. Split it first.
  case partialLeaf(VirtualAddress)
}

/// How a change of one entry between leaf and table ended.
@frozen
public enum ReshapeOutcome: Equatable, BitwiseCopyable, Sendable {
  /// It is done.
  case done
  /// What stands there is not what the change starts from.
  case notApplicable
  /// There was no frame for a table.
  case outOfFrames
  /// The architecture forbids it while the entry is present
  /// (``PageTableFormat/demandsBreakBeforeMake``); nothing has changed.
  case demandsBreak
}

/// Where an address leads.
@frozen
public struct Translation: Equatable, BitwiseCopyable, Sendable {
  /// The physical address.
  public var address: PhysicalAddress
  /// The level of the leaf; 1 is the smallest.
  public var level: Int
  /// What the leaf allows.
  public var attributes: LeafAttributes

  /// A translation to `address` through a leaf of `level`.
  @inlinable
  public init(
    address: PhysicalAddress, level: Int, attributes: LeafAttributes
  ) {
    self.address = address
    self.level = level
    self.attributes = attributes
  }
}

/// What becomes of a table when its last entry is cleared.
@frozen
public enum EmptyTables: UInt8, BitwiseCopyable, Sendable {
  /// It is unlinked and retired.
  case free
  /// It stays linked until a larger leaf takes its place, as in Linux.
  case keep
}
