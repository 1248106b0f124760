// SPDX-License-Identifier: Apache-2.0

/// A driver whose IOMMUs record the requests that they refuse.
///
/// A device that reads zeros, or whose writes vanish, was refused: the record
/// says where and why. For one IOMMU, one caller at a time uses the records.
public protocol FaultRecording: IOMMUDriver {
  /// Makes an IOMMU record the requests that it refuses from now on. May be
  /// called again.
  ///
  /// - Parameter iommu: The number of an IOMMU that was started.
  /// - Returns: Whether it records them, or why it does not.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func startFaultRecords(
    of iommu: Int
  ) throws(P.Interruption) -> FaultRecordOutcome

  /// Takes the oldest record. Requests for which the IOMMU had no place are
  /// lost.
  ///
  /// - Parameter iommu: The number of an IOMMU that was started.
  /// - Returns: The refused request; nil if there is no record.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func takeFault(of iommu: Int) throws(P.Interruption) -> IOMMUFault?
}

/// How the start of fault records ended.
@frozen
public enum FaultRecordOutcome: Equatable, BitwiseCopyable, Sendable {
  /// Faults are recorded.
  case started
  /// The IOMMU is not started.
  case noSuchIOMMU
  /// There was no frame for the records.
  case outOfFrames
  /// The IOMMU did not switch its fault queue on in time.
  case unanswered
}

extension FaultRecording where P.Interruption == Never {
  /// Takes every record of an IOMMU, and prints each as a line.
  ///
  /// - Parameters:
  ///   - iommu: The number of an IOMMU that was started.
  ///   - put: Receives one byte at a time.
  /// - Returns: How many there were; at most 256, so that a device which is
  ///   refused without end does not keep the caller.
  @discardableResult
  public func writeFaults(of iommu: Int, to put: (UInt8) -> Void) -> Int {
    var count = 0
    while count < 256, let fault = takeFault(of: iommu) {
      fault.write(to: put)
      put(10)
      count &+= 1
    }
    return count
  }
}
