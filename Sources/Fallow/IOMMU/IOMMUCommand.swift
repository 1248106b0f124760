// SPDX-License-Identifier: Apache-2.0

/// A command of an IOMMU, in the encoding of its manual, and the registers of
/// the queue that carries it.
@usableFromInline
protocol IOMMUCommand: BitwiseCopyable, Sendable {
  /// The size of a command in bytes: a power of two.
  static var size: UInt64 { get }

  /// The first word.
  var low: UInt64 { get }

  /// The second word; those after it are zero.
  var high: UInt64 { get }

  /// A command that completes after all before it, and then writes `ticket` to
  /// `address` if the queue reports completion there.
  static func wait(writing ticket: UInt32, to address: PhysicalAddress) -> Self

  /// A command that completes after all before it, before any after it begins,
  /// and changes nothing but, perhaps, the word at `scratch`.
  static func order(scratch: PhysicalAddress) -> Self

  // MARK: The queue's registers

  /// The position of the next command that the IOMMU fetches.
  static func head(of iommu: Int) -> IOMMURegister

  /// The position of the next command that software writes; the doorbell.
  static func tail(of iommu: Int) -> IOMMURegister

  /// How both count.
  static var positions: QueuePositions { get }

  // MARK: Errors

  /// The register that reports errors of the queue.
  static func errorRegister(of iommu: Int) -> IOMMURegister

  /// The bits of ``errorRegister(of:)`` that are errors of the queue.
  static var errorMask: UInt64 { get }

  /// What those bits hold while there is no error: zero where an error is
  /// cleared by writing it as one, what was last acknowledged where an error
  /// toggles its bit.
  static func quietErrors<P: IOMMUPlatform>(
    of iommu: Int, on platform: P
  ) throws(P.Interruption) -> UInt64

  /// Clears errors, so that the IOMMU goes on.
  ///
  /// - Parameter reported: ``errorRegister(of:)`` as it was read.
  static func acknowledge<P: IOMMUPlatform>(
    _ reported: UInt64, of iommu: Int, on platform: P
  ) throws(P.Interruption)

  /// Whether the command at the head is to be replaced: the IOMMU stopped
  /// there because it is not valid.
  ///
  /// - Parameters:
  ///   - reported: ``errorRegister(of:)`` as it was read.
  ///   - head: ``head(of:)`` as it was read after it.
  static func isInvalidCommand(_ reported: UInt64, head: UInt64) -> Bool
}

extension IOMMUCommand {
  /// Zero: errors are cleared by writing them as one.
  @inlinable
  static func quietErrors<P: IOMMUPlatform>(
    of iommu: Int, on platform: P
  ) throws(P.Interruption) -> UInt64 { 0 }
}
