/// What is done, in pages of a window and frames of a block of 2 MiB.
public enum SequenceAction: BitwiseCopyable, Sendable {
  /// A frame's owner writes its first word.
  case own(frame: UInt64, value: UInt64)
  /// The kernel maps a page.
  case map(page: UInt64, frame: UInt64, isWritable: Bool)
  /// The kernel maps 2 MiB from a page on to the block, by one leaf.
  case mapBlock(page: UInt64)
  /// The kernel splits that leaf.
  case split(page: UInt64)
  /// The kernel makes one leaf of its pages again.
  case collapse(page: UInt64)
  /// The kernel unmaps pages.
  case unmap(page: UInt64, count: UInt64)
  /// The worker runs.
  case reclaim
  /// The device loads the first word of a page.
  case load(page: UInt64)
  /// The device stores it.
  case store(page: UInt64, value: UInt64)
  /// The IOMMU forgets the leaf of a page.
  case forget(page: UInt64)
  /// It forgets that page in another address space.
  case forgetElsewhere(page: UInt64)
  /// Nothing is done: a frame's first word is looked at.
  case look(frame: UInt64)
}

/// What comes of it.
public enum SequenceResult: Equatable, BitwiseCopyable, Sendable {
  /// It was done.
  case done
  /// It was refused.
  case refused
  /// A word was found.
  case found(UInt64)
}

/// What walkers have recorded in a leaf.
public enum SequenceBits: Equatable, BitwiseCopyable, Sendable {
  /// There is no leaf, or the step is not about one.
  case none
  /// Neither accessed nor dirty.
  case clear
  /// Accessed.
  case accessed
  /// Accessed and dirty.
  case dirty
}

/// A step, what comes of it, and what its page's leaf says afterwards.
public struct SequenceStep: BitwiseCopyable, Sendable {
  /// What is done.
  public var action: SequenceAction
  /// What comes of it.
  public var result: SequenceResult
  /// What the leaf of the step's page says afterwards.
  public var bits: SequenceBits

  /// A step with what is expected of it.
  public init(
    _ action: SequenceAction, _ result: SequenceResult = .done,
    _ bits: SequenceBits = .none
  ) {
    self.action = action
    self.result = result
    self.bits = bits
  }
}
