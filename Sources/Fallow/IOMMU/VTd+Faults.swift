// SPDX-License-Identifier: Apache-2.0

/// The fault recording registers of VT-d.
///
/// Offsets and bits as in Linux's `drivers/iommu/intel/iommu.h` and `dmar.c`,
/// reasons as in QEMU's `hw/i386/intel_iommu_internal.h`.
extension VTd: FaultRecording {
  /// Fields of a record: of its upper 64 bits, but for the address.
  @frozen
  @usableFromInline
  enum FaultRecord {
    /// Fault, F: there is a record; cleared by writing it as 1.
    @inlinable static var isValid: BitField { BitField(63) }
    /// Type, T1: a read.
    @inlinable static var isRead: BitField { BitField(62) }
    /// PASID value, PV.
    @inlinable static var pasid: BitField { BitField(59, 40) }
    /// Fault reason, FR.
    @inlinable static var reason: BitField { BitField(39, 32) }
    /// PASID present, PP.
    @inlinable static var hasPASID: BitField { BitField(31) }
    /// Execute permission requested, EXE.
    @inlinable static var isFetch: BitField { BitField(30) }
    /// Source identifier, SID.
    @inlinable static var requester: BitField { BitField(15, 0) }
    /// Fault information, FI, in the lower 64 bits.
    @inlinable static var address: UInt64 { ~0xfff }
  }

  /// Fields of the status and capability registers.
  @frozen
  @usableFromInline
  enum FaultRegisters {
    /// FSTS_REG: primary fault overflow, PFO; cleared by writing it as 1.
    @inlinable static var hasOverflowed: BitField { BitField(0) }
    /// FSTS_REG: primary pending fault, PPF.
    @inlinable static var isPending: BitField { BitField(1) }
    /// FSTS_REG: fault record index, FRI.
    @inlinable static var first: BitField { BitField(15, 8) }
    /// CAP_REG: fault-recording register offset, FRO, in 16 bytes.
    @inlinable static var offset: BitField { BitField(33, 24) }
    /// CAP_REG: number of fault-recording registers, NFR, less 1.
    @inlinable static var last: BitField { BitField(47, 40) }
  }

  /// Nothing to do: VT-d records from its start on.
  @inlinable
  public func startFaultRecords(
    of iommu: Int
  ) throws(P.Interruption) -> FaultRecordOutcome {
    guard try control.isStarted(iommu) else { return .noSuchIOMMU }
    return .started
  }

  /// Takes the record that FRI points to, or the first after it.
  ///
  /// - Complexity: O(records)
  @inlinable
  public func takeFault(of iommu: Int) throws(P.Interruption) -> IOMMUFault? {
    typealias Registers = FaultRegisters
    let status = VTdRegister.faultStatus.of(iommu)
    let found = try platform.load(status)
    if Registers.hasOverflowed.isSet(in: found) {
      try platform.store(Registers.hasOverflowed.mask, to: status)
    }
    guard Registers.isPending.isSet(in: found) else { return nil }
    let capability = try platform.load(VTdRegister.capability.of(iommu))
    let count = Registers.last.read(capability) &+ 1
    let first = Registers.first.read(found)
    for turn in 0..<count {
      let index = (first &+ turn) % count
      let offset = Int(Registers.offset.read(capability) &+ index) &* 16
      let upper = try platform.load(
        IOMMURegister(iommu: iommu, offset: offset &+ 8, isWide: true))
      guard FaultRecord.isValid.isSet(in: upper) else { continue }
      let lower = try platform.load(
        IOMMURegister(iommu: iommu, offset: offset, isWide: true))
      // The upper half of it: F is bit 31 there, and the rest is read-only.
      try platform.store(
        1 &<< 31,
        to: IOMMURegister(
          iommu: iommu, offset: offset &+ 12, isWide: false))
      return Self.fault(upper: upper, lower: lower, of: iommu)
    }
    return nil
  }

  /// What a record says.
  @inlinable
  static func fault(
    upper: UInt64, lower: UInt64, of iommu: Int
  ) -> IOMMUFault {
    typealias Record = FaultRecord
    let reason = Record.reason.read(upper)
    let access: IOMMUFault.Access =
      Record.isFetch.isSet(in: upper)
      ? .execute : Record.isRead.isSet(in: upper) ? .read : .write
    return IOMMUFault(
      device: Device(
        iommu: iommu,
        requester: UInt16(truncatingIfNeeded: Record.requester.read(upper))),
      pasid: Record.hasPASID.isSet(in: upper)
        ? PASID(UInt32(truncatingIfNeeded: Record.pasid.read(upper))) : nil,
      address: VirtualAddress(lower & Record.address), access: access,
      cause: cause(of: reason), reason: UInt16(truncatingIfNeeded: reason))
  }

  /// What the reasons of scalable mode mean.
  @inlinable
  static func cause(of reason: UInt64) -> IOMMUFault.Cause {
    switch reason {
    case 0x39, 0x41: .unknownDevice
    case 0x44, 0x45, 0x47, 0x5c, 0x5d: .forbiddenRequest
    case 0x46, 0x51, 0x59: .unknownPASID
    case 0x38, 0x40, 0x50, 0x58, 0x70, 0x73: .accessFault
    case 0x71: .pageFault
    case 0x72: .reservedBit
    case 0x80: .notCanonical
    case 0x81: .userBitClear
    case 0x85: .notWritable
    default: .other
    }
  }
}
