// SPDX-License-Identifier: Apache-2.0

/// The registers of the IOMMUs, for a driver of the library's own.
///
/// A kernel without IOMMUs, or with drivers of its own, does not conform to it:
/// see ``UnmanagedIOMMUs``.
public protocol IOMMURegisters: Interruptible {
  /// A register of an IOMMU. Shared; acquires what the IOMMU wrote before it
  /// set the register.
  ///
  /// - Parameter register: The register.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func load(_ register: IOMMURegister) throws(Interruption) -> UInt64

  /// Writes a register of an IOMMU. Shared; everything that was written before
  /// is visible to what the IOMMU does about it.
  ///
  /// - Parameters:
  ///   - value: The new value; its lower 32 bits for a register of 32.
  ///   - register: The register.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func store(
    _ value: UInt64, to register: IOMMURegister
  ) throws(Interruption)

  /// Returns when what it waits for has come about, or when the platform's
  /// patience is at its end: the caller looks which. Shared; sleeps.
  ///
  /// - Parameter condition: What the caller waits for.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func await(_ condition: IOMMUCondition) throws(Interruption)

  /// Makes a device unable to issue requests, and returns when none that it
  /// issued is under way: bus mastering and ATS off, a reset. Shared; sleeps.
  ///
  /// - Parameter device: The device.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func isolate(_ device: Device) throws(Interruption)
}
