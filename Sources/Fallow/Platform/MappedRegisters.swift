// SPDX-License-Identifier: Apache-2.0

public import Synchronization

/// The registers of IOMMUs, mapped in the kernel's address space.
///
/// **What it promises.** All of ``IOMMURegisters`` but
/// ``IOMMURegisters/isolate(_:)``, from where each block of registers is mapped.
/// A register is read and written by one access of its width, and
/// ``IOMMURegisters/await(_:)`` looks again until its ``patience`` ends.
///
/// Swift cannot order an access to memory and one to a device on every
/// architecture. ``X86Processors`` need nothing; elsewhere the kernel provides
/// the two barriers, one instruction each.
public protocol MappedRegisters: IOMMURegisters, TableMemory
where Interruption == Never {
  /// Where the registers of an IOMMU are mapped, uncached: aligned to a page.
  ///
  /// - Parameter iommu: The number of the IOMMU.
  func registers(of iommu: Int) -> UnsafeMutableRawPointer

  /// How often ``IOMMURegisters/await(_:)`` looks before it gives up; by default
  /// a million times.
  var patience: Int { get }

  /// Orders what was written to memory before a register is written: `fence rw,
  /// o` on RISC-V, `dmb oshst` on AArch64.
  func orderBeforeDevice()

  /// Orders a register that was read before what memory is read and written
  /// after it: `fence i, rw` on RISC-V, `dmb oshld` on AArch64.
  func orderAfterDevice()
}

extension MappedRegisters where Self: X86Processors {
  /// Nothing: a CPU of x86-64 stores in order.
  @inlinable
  public func orderBeforeDevice() {}

  /// Nothing: a CPU of x86-64 loads in order.
  @inlinable
  public func orderAfterDevice() {}
}

extension MappedRegisters {
  /// A million.
  @inlinable
  public var patience: Int { 1_000_000 }

  /// One load of the register's width.
  @inlinable
  public func load(_ register: IOMMURegister) -> UInt64 {
    let place = unsafe registers(of: register.iommu) + register.offset
    let value =
      register.isWide
      ? unsafe place.assumingMemoryBound(to: Atomic<UInt64>.self).pointee
        .load(ordering: .acquiring)
      : UInt64(
        unsafe place.assumingMemoryBound(to: Atomic<UInt32>.self).pointee
          .load(ordering: .acquiring))
    orderAfterDevice()
    return value
  }

  /// One store of the register's width.
  @inlinable
  public func store(_ value: UInt64, to register: IOMMURegister) {
    let place = unsafe registers(of: register.iommu) + register.offset
    orderBeforeDevice()
    if register.isWide {
      unsafe place.assumingMemoryBound(to: Atomic<UInt64>.self).pointee
        .store(value, ordering: .releasing)
    } else {
      unsafe place.assumingMemoryBound(to: Atomic<UInt32>.self).pointee
        .store(UInt32(truncatingIfNeeded: value), ordering: .releasing)
    }
  }
}

extension MappedRegisters where Self: IOMMUPlatform {
  /// Looks until what it waits for has come about, ``patience`` times at most.
  public func await(_ condition: IOMMUCondition) {
    var turns = 0
    while turns < patience, !condition.holds(on: self) { turns &+= 1 }
  }
}
