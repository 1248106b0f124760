// SPDX-License-Identifier: Apache-2.0

/// The frame in which a driver keeps what it knows of its IOMMUs: 128 bytes for
/// each of 32.
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

  /// A word of what is kept of one IOMMU; all are zero at first.
  ///
  /// "Guarded" words are read and written under the sharing lock only.
  @frozen
  @usableFromInline
  enum Word: UInt64 {
    // MARK: The queue's; all but its address are counts of commands

    /// The physical address of the queue; it does not change.
    case queue = 0
    /// How many commands were put into the queue. Guarded.
    case tail = 1
    /// How many the IOMMU had fetched when that was last looked at. Guarded.
    case head = 2
    /// How many the IOMMU may have fetched: those before the last bell.
    case rung = 3
    /// How many are void; written under the queue's lock.
    case failed = 5
    /// What the IOMMU writes when it completes a wait: the lower 32 bits of the
    /// number of commands up to it.
    case status = 6
    /// What the IOMMU writes when it meets a command that only keeps order.
    case scratch = 7
    /// How many there were up to the last wait. Guarded.
    case batch = 8

    // MARK: The start's

    /// The frame of the table that a start handed to the IOMMU, as a list head:
    /// the IOMMU may read it from then on, though the start went unanswered.
    case handedTable = 4

    // MARK: The driver's; guarded

    /// The physical address of the table in which the IOMMU finds its devices;
    /// zero before the start.
    case deviceTable = 9
    /// The frame of the device that was added last, as a list head.
    case devices = 10
    /// How many devices have a TLB of their own.
    case deviceTLBs = 11
    /// What the driver keeps of the IOMMU's capabilities.
    case capabilities = 12
  }

  /// How many IOMMUs the frame has room for: as many as an ``IOMMUSet``.
  @inlinable
  static var iommus: Int { 32 }

  /// Whether there is room for an IOMMU of that number.
  @inlinable
  static func hasRoom(for iommu: Int) -> Bool {
    UInt(bitPattern: iommu) < UInt(bitPattern: iommus)
  }

  /// Where a word of an IOMMU is.
  ///
  /// - Precondition: ``hasRoom(for:)``
  @inlinable
  func address(of word: Word, _ iommu: Int) -> PhysicalAddress {
    precondition(
      Self.hasRoom(for: iommu), "IOMMUs have the numbers 0 to 31")
    return frame.address + (UInt64(iommu) &* 128 &+ word.rawValue &* 8)
  }

  /// Whether an IOMMU of that number has been started.
  @inlinable
  func isStarted(_ iommu: Int) throws(P.Interruption) -> Bool {
    guard Self.hasRoom(for: iommu) else { return false }
    return try load(.deviceTable, of: iommu) != 0
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
    try zero(frame.address, count: 512)
    return frame
  }
}
