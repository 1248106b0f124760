// SPDX-License-Identifier: Apache-2.0

/// A device's own translation cache: its Address Translation Service (ATS) is
/// enabled.
@frozen
public struct DeviceTLB: Equatable, BitwiseCopyable, Sendable {
  /// How many invalidations the device takes at a time: the Invalidate Queue
  /// Depth of its ATS capability, 1 to 31; 0 for 32.
  public var queueDepth: UInt8

  /// The requester of the physical function, for a virtual function; nil for
  /// any other device.
  public var physicalFunction: UInt16?

  /// The TLB of a device whose ATS capability has these values.
  ///
  /// - Parameters:
  ///   - queueDepth: The Invalidate Queue Depth, 0 to 31.
  ///   - physicalFunction: The requester of the physical function that the
  ///     device is a virtual function of.
  /// - Precondition: `queueDepth < 32`
  @inlinable
  public init(queueDepth: UInt8 = 0, physicalFunction: UInt16? = nil) {
    precondition(queueDepth < 32, "an invalidate queue depth has 5 bits")
    self.queueDepth = queueDepth
    self.physicalFunction = physicalFunction
  }
}
