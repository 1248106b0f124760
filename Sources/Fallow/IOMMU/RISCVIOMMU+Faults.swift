// SPDX-License-Identifier: Apache-2.0

/// The fault queue of a RISC-V IOMMU: sections "Fault queue base (fqb)",
/// "Fault-queue CSR (fqcsr)" and "Fault/Event-Queue (FQ)".
///
/// The queue has one frame, whose number the register `fqb` keeps.
extension RISCVIOMMU: FaultRecording {
  /// The registers of the fault queue.
  @frozen
  @usableFromInline
  enum FaultQueue: Int, Sendable {
    /// Fault queue base, `fqb`.
    case base = 0x28
    /// Fault queue head, `fqh`: 32 bits.
    case head = 0x30
    /// Fault queue tail, `fqt`: 32 bits.
    case tail = 0x34
    /// Fault queue control and status, `fqcsr`: 32 bits.
    case control = 0x4c

    /// How many records a frame holds.
    @inlinable static var places: UInt64 { 128 }

    /// `fqen`: the queue is to be on.
    @inlinable static var enable: BitField { BitField(0) }
    /// `fqmf` and `fqof`: the queue could not be accessed, or was full; cleared
    /// by writing them as 1.
    @inlinable static var errors: BitField { BitField(9, 8) }
    /// `fqon`: the queue is on.
    @inlinable static var isOn: BitField { BitField(16) }

    @inlinable
    func of(_ iommu: Int) -> IOMMURegister {
      IOMMURegister(iommu: iommu, offset: rawValue, isWide: self == .base)
    }
  }

  /// Fields of the first 64 bits of a record.
  @frozen
  @usableFromInline
  enum FaultRecord {
    @inlinable static var reason: BitField { BitField(11, 0) }
    @inlinable static var pasid: BitField { BitField(31, 12) }
    @inlinable static var hasPASID: BitField { BitField(32) }
    /// TTYP: in its lowest two bits 1 for a fetch, 2 for a read, 3 for a write.
    @inlinable static var kind: BitField { BitField(39, 34) }
    @inlinable static var device: BitField { BitField(63, 40) }
  }

  /// Gives an IOMMU a frame for its fault queue, and switches the queue on.
  @inlinable
  public func startFaultRecords(
    of iommu: Int
  ) throws(P.Interruption) -> FaultRecordOutcome {
    typealias Base = RISCVIOMMURegister.QueueBase
    guard try control.isStarted(iommu) else { return .noSuchIOMMU }
    let status = FaultQueue.control.of(iommu)
    if try FaultQueue.isOn.isSet(in: platform.load(status)) { return .started }
    guard let frame = try platform.zeroedFrame() else { return .outOfFrames }
    // 2^(6 + 1) records.
    try platform.store(
      Base.frame(frame.rawValue) | Base.size(6),
      to: FaultQueue.base.of(iommu))
    try platform.store(0, to: FaultQueue.head.of(iommu))
    try platform.store(FaultQueue.enable.mask, to: status)
    try platform.await(
      IOMMUCondition(status, mask: FaultQueue.isOn.mask, differsFrom: 0))
    guard try FaultQueue.isOn.isSet(in: platform.load(status)) else {
      // The frame stays the queue's: the IOMMU may switch it on late.
      return .unanswered
    }
    return .started
  }

  /// Takes the record at the head of the fault queue.
  @inlinable
  public func takeFault(of iommu: Int) throws(P.Interruption) -> IOMMUFault? {
    typealias Base = RISCVIOMMURegister.QueueBase
    let status = FaultQueue.control.of(iommu)
    let found = try platform.load(status)
    guard FaultQueue.isOn.isSet(in: found) else { return nil }
    let head = try platform.load(FaultQueue.head.of(iommu))
    if try platform.load(FaultQueue.tail.of(iommu)) == head {
      if found & FaultQueue.errors.mask != 0 {
        // All records of before were taken: from here on there is room.
        try platform.store(
          FaultQueue.enable.mask | found & FaultQueue.errors.mask, to: status)
      }
      return nil
    }
    let queue = FrameNumber(
      Base.frame.read(try platform.load(FaultQueue.base.of(iommu))))
    let record = queue.address + head % FaultQueue.places &* 32
    let fields = try platform.load(record)
    let address = try platform.load(record + 16)
    try platform.store(
      (head &+ 1) % FaultQueue.places, to: FaultQueue.head.of(iommu))
    return Self.fault(fields, address, of: iommu)
  }

  /// What a record says.
  @inlinable
  static func fault(
    _ fields: UInt64, _ address: UInt64, of iommu: Int
  ) -> IOMMUFault {
    typealias Record = FaultRecord
    let reason = Record.reason.read(fields)
    let kind = Record.kind.read(fields)
    let access: IOMMUFault.Access =
      switch kind & 3 {
      case _ where kind > 7: .other
      case 1: .execute
      case 2: .read
      case 3: .write
      default: .other
      }
    return IOMMUFault(
      device: Device(
        iommu: iommu,
        requester: UInt16(truncatingIfNeeded: Record.device.read(fields))),
      pasid: Record.hasPASID.isSet(in: fields)
        ? PASID(UInt32(truncatingIfNeeded: Record.pasid.read(fields))) : nil,
      address: VirtualAddress(address), access: access,
      cause: cause(of: reason), reason: UInt16(truncatingIfNeeded: reason))
  }

  /// What the numbers of section "Fault record CAUSE field encodings" mean.
  @inlinable
  static func cause(of reason: UInt64) -> IOMMUFault.Cause {
    switch reason {
    case 12, 13, 15: .pageFault
    case 1, 5, 7, 257, 265: .accessFault
    case 258: .unknownDevice
    case 256, 260: .forbiddenRequest
    case 259, 267: .reservedBit
    case 266: .unknownPASID
    default: .other
    }
  }
}
