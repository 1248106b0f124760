// SPDX-License-Identifier: Apache-2.0

/// Fields of the structures by which an SMMUv3 finds the tables of a request:
/// stream table entries (STE) and context descriptors (CD), of 64 bytes each.
///
/// Bits as in Linux's `arm-smmu-v3.h`.
@frozen
@usableFromInline
package enum SMMUv3Entry {
  /// The size of both in bytes.
  @inlinable package static var size: UInt64 { 64 }

  /// The address in an entry that leads to another structure.
  @inlinable package static var address: BitField { BitField(51, 6) }

  /// An entry of a stream table of the first level.
  @frozen
  @usableFromInline
  package enum Streams {
    /// Span: one more than the binary logarithm of the streams.
    @inlinable package static var span: BitField { BitField(4, 0) }
    /// The binary logarithm of the streams of a table of the second level.
    @inlinable package static var bits: UInt64 { 8 }
    /// The binary logarithm of the frames of such a table.
    @inlinable package static var order: Int { 2 }
  }

  /// A stream table entry.
  @frozen
  @usableFromInline
  package enum Stream {
    /// Valid, V.
    @inlinable package static var valid: BitField { BitField(0) }
    /// Config: 0 aborts requests without an event, 5 is stage 1 alone.
    @inlinable package static var configuration: BitField { BitField(3, 1) }
    /// S1Fmt: 1 for contexts in two levels, of 4 KiB each.
    @inlinable package static var levels: BitField { BitField(5, 4) }
    /// S1CDMax: the binary logarithm of the contexts.
    @inlinable package static var contextBits: BitField { BitField(63, 59) }

    /// The second word: requests without a substream use context 0 (S1DSS),
    /// contexts are read write-back and inner shareable (S1CIR, S1COR, S1CSH),
    /// requests keep their shareability (SHCFG) and are privileged (PRIVCFG).
    @inlinable package static var attributes: UInt64 {
      BitField(1, 0)(2) | BitField(3, 2)(1) | BitField(5, 4)(1)
        | BitField(7, 6)(3) | BitField(45, 44)(1) | BitField(49, 48)(3)
    }
  }

  /// An entry of a table of contexts of the first level.
  @frozen
  @usableFromInline
  package enum Contexts {
    /// Valid, V.
    @inlinable package static var valid: BitField { BitField(0) }
    /// The binary logarithm of the contexts of a frame.
    @inlinable package static var bits: UInt64 { 6 }
  }

  /// A context descriptor.
  @frozen
  @usableFromInline
  package enum Context {
    /// TTB0, and the flags beside it.
    @inlinable package static var userRoot: UInt64 { 8 }
    /// TTB1.
    @inlinable package static var kernelRoot: UInt64 { 16 }
    /// MAIR.
    @inlinable package static var memoryTypes: UInt64 { 24 }

    /// The address in TTB0 and TTB1.
    @inlinable package static var root: BitField { BitField(51, 4) }

    /// EPD0: what TTB0 translates is not walked.
    @inlinable package static var noUserHalf: BitField { BitField(14) }
    /// EPD1: what TTB1 translates is not walked.
    @inlinable package static var noKernelHalf: BitField { BitField(30) }
    /// Valid, V.
    @inlinable package static var valid: BitField { BitField(31) }
    /// IPS: the width of physical addresses, as IDR5.OAS.
    @inlinable package static var addressSize: BitField { BitField(34, 32) }
    /// HD: the dirty state is updated.
    @inlinable package static var updatesDirty: BitField { BitField(42) }
    /// HA: the access flag is updated.
    @inlinable package static var updatesAccessed: BitField { BitField(43) }
    /// ASID.
    @inlinable package static var tag: BitField { BitField(63, 48) }

    /// What every context has: 48 bits of address and 4 KiB pages in both
    /// halves (T0SZ, T1SZ, TG0, TG1), walks write-back and inner shareable (IR,
    /// OR, SH), AArch64 (AA64), faults are recorded and abort (R, A), and the
    /// ASID is no CPU's (ASET).
    @inlinable package static var fixed: UInt64 {
      BitField(5, 0)(16) | BitField(7, 6)(0) | BitField(9, 8)(1)
        | BitField(11, 10)(1) | BitField(13, 12)(3) | BitField(21, 16)(16)
        | BitField(23, 22)(2) | BitField(25, 24)(1) | BitField(27, 26)(1)
        | BitField(29, 28)(3) | BitField(41)(1) | BitField(45)(1)
        | BitField(46)(1) | BitField(47)(1)
    }

    /// What MAIR says of the indices of ``AArch64FourKiB``: write-back memory,
    /// memory that is not cached, and Device-nGnRE.
    @inlinable package static var formatMemoryTypes: UInt64 { 0x0444ff }
  }
}
