/// The frame in which a driver keeps what it knows of its IOMMUs: 128 bytes for
/// each.
@frozen
@usableFromInline
struct ControlFrame<P: IOMMUPlatform>: BitwiseCopyable, Sendable {
  /// The machine it runs on.
  @usableFromInline let platform: P

  @usableFromInline let frame: FrameNumber

  @inlinable
  init(platform: P, frame: FrameNumber) {
    self.platform = platform
    self.frame = frame
  }

  /// A word of what is kept of one IOMMU.
  @frozen
  @usableFromInline
  enum Word: UInt64 {
    // MARK: The queue's

    /// The physical address of the queue.
    case queue
    /// Where the next command goes, in bytes.
    case tail
    /// Where the IOMMU was when that was last looked at: there is room up to it.
    case head
    /// The last ticket that was given out.
    case issued
    /// Whether the IOMMU knows of a command that no ticket covers yet: 0 or 1.
    case uncovered
    /// Every ticket up to this one is void.
    case failed
    /// What the IOMMU writes when it reaches a ticket: its lower 32 bits.
    case status
    /// What it writes when it meets a command that took the place of a bad one.
    case scratch

    // MARK: The driver's

    /// The physical address of the table in which the IOMMU finds its devices;
    /// zero before the start.
    case deviceTable
    /// The directory of the first device, as a list head.
    case devices
    /// How many devices have a TLB of their own.
    case deviceTLBs
    /// The most pages that a request can name, as a power of two.
    case mostPages
  }

  /// Where a word of an IOMMU is.
  @inlinable
  func address(of word: Word, _ iommu: Int) -> PhysicalAddress {
    frame.address + (UInt64(iommu) &* 128 &+ word.rawValue &* 8)
  }

  @inlinable
  func load(_ word: Word, of iommu: Int) throws(P.Interruption) -> UInt64 {
    try platform.load(address(of: word, iommu))
  }

  @inlinable
  func store(
    _ value: UInt64, to word: Word, of iommu: Int
  ) throws(P.Interruption) {
    try platform.store(value, to: address(of: word, iommu))
  }
}

extension Platform {
  /// A frame full of zeros, or nil if there is none.
  @inlinable
  func zeroedFrame() throws(Interruption) -> FrameNumber? {
    let frame = try allocate(order: 0)
    if frame == .none { return nil }
    try fill(frame.address, count: 512, first: 0, step: 0)
    return frame
  }
}
