// SPDX-License-Identifier: Apache-2.0

/// The registers of a RISC-V IOMMU that the driver uses, by the names of the
/// RISC-V IOMMU Architecture Specification, chapter "Memory-mapped register
/// interface".
@frozen
@usableFromInline
package enum RISCVIOMMURegister: Int, Sendable {
  /// IOMMU capabilities, `capabilities`.
  case capabilities = 0x00
  /// Features control, `fctl`: 32 bits.
  case features = 0x08
  /// Device directory table pointer, `ddtp`.
  case directory = 0x10
  /// Command queue base, `cqb`.
  case queueBase = 0x18
  /// Command queue head, `cqh`: 32 bits.
  case queueHead = 0x20
  /// Command queue tail, `cqt`: 32 bits; the doorbell.
  case queueTail = 0x24
  /// Command queue control and status, `cqcsr`: 32 bits.
  case queueControl = 0x48

  /// The register in the block of an IOMMU.
  @inlinable
  package func of(_ iommu: Int) -> IOMMURegister {
    let isWide =
      switch self {
      case .features, .queueHead, .queueTail, .queueControl: false
      case .capabilities, .directory, .queueBase: true
      }
    return IOMMURegister(iommu: iommu, offset: rawValue, isWide: isWide)
  }

  /// Fields of ``capabilities``.
  @frozen
  @usableFromInline
  package enum Capability {
    /// The major version of the specification, in `version`.
    @inlinable package static var version: BitField { BitField(7, 4) }
    /// Sv39; the bits above are Sv48 and Sv57.
    @inlinable package static var sv39: BitField { BitField(9) }
    /// MSI_FLAT: device contexts have the extended format.
    @inlinable package static var extendedContexts: BitField { BitField(22) }
    /// AMO_HWAD: the IOMMU sets accessed and dirty bits.
    @inlinable package static var updatesBits: BitField { BitField(24) }
    /// ATS: devices may have TLBs of their own, and PRI.
    @inlinable package static var deviceTLBs: BitField { BitField(25) }
    /// PD8, PD17, PD20: widths of process IDs.
    @inlinable package static var processIDs: BitField { BitField(40, 38) }
  }

  /// Fields of ``features``.
  @frozen
  @usableFromInline
  package enum Feature {
    /// BE: structures and queues are big-endian; WARL.
    @inlinable package static var bigEndian: BitField { BitField(0) }
  }

  /// Fields of ``directory``.
  @frozen
  @usableFromInline
  package enum Directory {
    /// Mode, `iommu_mode`: 0 is Off, 1 Bare, 2 to 4 directories of one to three
    /// levels; WARL.
    @inlinable package static var mode: BitField { BitField(3, 0) }
    /// `busy`: a change of the mode is under way.
    @inlinable package static var busy: BitField { BitField(4) }
    /// PPN of the root; WARL.
    @inlinable package static var frame: BitField { BitField(53, 10) }
    /// The mode that disallows all requests.
    @inlinable package static var off: UInt64 { 0 }
    /// The mode that lets all requests through, untranslated.
    @inlinable package static var bare: UInt64 { 1 }
    /// The mode of a directory of `levels` levels.
    @inlinable package static func mode(levels: UInt64) -> UInt64 {
      levels &+ 1
    }
  }

  /// Fields of ``queueBase``.
  @frozen
  @usableFromInline
  package enum QueueBase {
    /// LOG2SZ-1: the binary logarithm of the number of commands, less 1; WARL.
    @inlinable package static var size: BitField { BitField(4, 0) }
    /// PPN of the queue; WARL.
    @inlinable package static var frame: BitField { BitField(53, 10) }
  }

  /// Fields of ``queueControl``; an error is cleared by writing it as 1.
  @frozen
  @usableFromInline
  package enum Queue {
    /// `cqen`: the queue is to be on.
    @inlinable package static var enable: BitField { BitField(0) }
    /// `cqmf`: the queue could not be accessed.
    @inlinable package static var memoryFault: BitField { BitField(8) }
    /// `cmd_to`: a command took too long.
    @inlinable package static var timeOut: BitField { BitField(9) }
    /// `cmd_ill`: the queue stopped at a command that is not legal.
    @inlinable package static var illegal: BitField { BitField(10) }
    /// `cqon`: the queue is on.
    @inlinable package static var isOn: BitField { BitField(16) }
    /// `busy`: a write to this register is under way.
    @inlinable package static var busy: BitField { BitField(17) }
    /// All errors.
    @inlinable package static var errors: UInt64 {
      memoryFault.mask | timeOut.mask | illegal.mask
    }
  }
}
