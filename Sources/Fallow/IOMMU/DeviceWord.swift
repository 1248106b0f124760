// SPDX-License-Identifier: Apache-2.0

/// What a driver keeps of a device, in a word of a frame's descriptor.
@frozen
@usableFromInline
struct DeviceWord: BitwiseCopyable, Sendable {
  @usableFromInline var rawValue: UInt64

  @inlinable
  init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The word of a device that signs with `requester`.
  @inlinable
  init(requester: UInt16, tlb: DeviceTLB? = nil) {
    rawValue = UInt64(requester)
    guard let tlb else { return }
    rawValue |= Self.hasTLB(1) | Self.depth(UInt64(tlb.queueDepth))
    rawValue |= Self.function(UInt64(tlb.physicalFunction ?? requester))
  }

  @inlinable static var hasTLB: BitField { BitField(16) }
  @inlinable static var isLeaving: BitField { BitField(17) }
  @inlinable static var depth: BitField { BitField(28, 24) }
  @inlinable static var function: BitField { BitField(47, 32) }

  /// The number it signs its requests with.
  @inlinable
  var requester: UInt16 { UInt16(truncatingIfNeeded: rawValue) }

  /// Whether it has a TLB of its own.
  @inlinable
  var hasTLB: Bool { Self.hasTLB.isSet(in: rawValue) }

  /// Whether it was isolated and is not removed yet.
  @inlinable
  var isLeaving: Bool { Self.isLeaving.isSet(in: rawValue) }

  /// Of its TLB: ``DeviceTLB/queueDepth``.
  @inlinable
  var queueDepth: UInt64 { Self.depth.read(rawValue) }

  /// Of its TLB: the physical function, which may be the device itself.
  @inlinable
  var physicalFunction: UInt64 { Self.function.read(rawValue) }
}
