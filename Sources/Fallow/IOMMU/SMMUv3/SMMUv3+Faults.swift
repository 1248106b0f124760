// SPDX-License-Identifier: Apache-2.0

/// The event queue of an SMMUv3.
///
/// The queue has one frame, whose address the register EVENTQ_BASE keeps. Bits
/// as in Linux's `arm-smmu-v3.h`.
extension SMMUv3: FaultRecording {
  /// The registers of the event queue.
  @frozen
  @usableFromInline
  enum EventQueue: Int, Sendable {
    /// Event queue base, EVENTQ_BASE.
    case base = 0xa0
    /// Event queue producer, EVENTQ_PROD: 32 bits, on the second page.
    case producer = 0x100a8
    /// Event queue consumer, EVENTQ_CONS: 32 bits.
    case consumer = 0x100ac

    /// The binary logarithm of the records of a frame.
    @inlinable static var bits: UInt64 { 7 }

    /// The index of a record, and the bit above that says which turn it is.
    @inlinable static var place: BitField { BitField(7, 0) }
    /// OVFLG of the producer is toggled when a record had no place, and OVACKFLG
    /// of the consumer when software saw that.
    @inlinable static var overflow: BitField { BitField(31) }

    @inlinable
    func of(_ iommu: Int) -> IOMMURegister {
      IOMMURegister(iommu: iommu, offset: rawValue, isWide: self == .base)
    }
  }

  /// Fields of a record.
  @frozen
  @usableFromInline
  enum Event {
    /// The number of the event; in the first word.
    @inlinable static var reason: BitField { BitField(7, 0) }
    /// SSV: the request had a substream; in the first word.
    @inlinable static var hasPASID: BitField { BitField(11) }
    /// SubstreamID; in the first word.
    @inlinable static var pasid: BitField { BitField(31, 12) }
    /// StreamID; in the first word.
    @inlinable static var device: BitField { BitField(63, 32) }
    /// InD: a fetch of an instruction; in the second word.
    @inlinable static var isExecute: BitField { BitField(34) }
    /// RnW: a read; in the second word.
    @inlinable static var isRead: BitField { BitField(35) }
  }

  /// Gives an SMMU a frame for its event queue, and switches the queue on.
  @inlinable
  public func startFaultRecords(
    of iommu: Int
  ) throws(P.Interruption) -> FaultRecordOutcome {
    typealias Control = SMMUv3Register.Control
    guard try control.isStarted(iommu) else { return .noSuchIOMMU }
    let platform = platform
    let status = try platform.load(SMMUv3Register.acknowledged.of(iommu))
    if Control.events.isSet(in: status) { return .started }
    guard let frame = try platform.zeroedFrame() else { return .outOfFrames }
    try platform.store(
      frame.address.rawValue
        | SMMUv3Register.Base.queueSize(EventQueue.bits)
        | SMMUv3Register.Base.allocate(1), to: EventQueue.base.of(iommu))
    try platform.store(0, to: EventQueue.producer.of(iommu))
    try platform.store(0, to: EventQueue.consumer.of(iommu))
    // The frame stays the queue's: the SMMU may switch it on late.
    return try changeControl(setting: Control.events, iommu)
      ? .started : .unanswered
  }

  /// Takes the record at the head of the event queue.
  @inlinable
  public func takeFault(of iommu: Int) throws(P.Interruption) -> IOMMUFault? {
    let platform = platform
    let status = try platform.load(SMMUv3Register.acknowledged.of(iommu))
    guard SMMUv3Register.Control.events.isSet(in: status) else { return nil }
    let producer = try platform.load(EventQueue.producer.of(iommu))
    let consumer = try platform.load(EventQueue.consumer.of(iommu))
    let place = EventQueue.place.read(consumer)
    let overflow = producer & EventQueue.overflow.mask
    if EventQueue.place.read(producer) == place {
      if consumer & EventQueue.overflow.mask != overflow {
        // All records of before were taken: from here on there is room.
        try platform.store(place | overflow, to: EventQueue.consumer.of(iommu))
      }
      return nil
    }
    let base = try platform.load(EventQueue.base.of(iommu))
    let record =
      FrameNumber(
        containing: PhysicalAddress(base & SMMUv3Entry.address.mask)
      ).address + (place & (1 &<< EventQueue.bits &- 1)) &* 32
    let first = try platform.load(record)
    let second = try platform.load(record + 8)
    let address = try platform.load(record + 16)
    try platform.store(
      EventQueue.place.mask & (place &+ 1)
        | consumer & EventQueue.overflow.mask,
      to: EventQueue.consumer.of(iommu))
    return Self.fault(first, second, address, of: iommu)
  }

  /// What a record says.
  @inlinable
  static func fault(
    _ first: UInt64, _ second: UInt64, _ address: UInt64, of iommu: Int
  ) -> IOMMUFault {
    let reason = Event.reason.read(first)
    // Only faults of a walk have an address and an access.
    let hasAddress = reason >= 0x10
    let access: IOMMUFault.Access =
      if !hasAddress {
        .other
      } else if Event.isExecute.isSet(in: second) {
        .execute
      } else {
        Event.isRead.isSet(in: second) ? .read : .write
      }
    return IOMMUFault(
      device: Device(
        iommu: iommu,
        requester: UInt16(truncatingIfNeeded: Event.device.read(first))),
      pasid: Event.hasPASID.isSet(in: first)
        ? PASID(UInt32(truncatingIfNeeded: Event.pasid.read(first))) : nil,
      address: VirtualAddress(hasAddress ? address : 0), access: access,
      cause: cause(of: reason), reason: UInt16(truncatingIfNeeded: reason))
  }

  /// What the numbers of events mean.
  @inlinable
  static func cause(of reason: UInt64) -> IOMMUFault.Cause {
    switch reason {
    // F_TRANSLATION, F_ACCESS, F_PERMISSION.
    case 0x10, 0x12, 0x13: .pageFault
    // F_STE_FETCH, F_CD_FETCH, F_WALK_EABT.
    case 0x03, 0x09, 0x0b: .accessFault
    // C_BAD_STREAMID, C_BAD_STE.
    case 0x02, 0x04: .unknownDevice
    // F_STREAM_DISABLED, F_TRANSL_FORBIDDEN.
    case 0x06, 0x07: .forbiddenRequest
    // C_BAD_SUBSTREAMID, C_BAD_CD.
    case 0x08, 0x0a: .unknownPASID
    default: .other
    }
  }
}
