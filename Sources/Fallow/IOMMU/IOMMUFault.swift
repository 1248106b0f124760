// SPDX-License-Identifier: Apache-2.0

/// A request of a device that its IOMMU refused, as the IOMMU recorded it.
@frozen
public struct IOMMUFault: Equatable, BitwiseCopyable, Sendable {
  /// What the device wanted to do.
  @frozen
  public enum Access: UInt8, BitwiseCopyable, Sendable {
    /// A load.
    case read
    /// A store, or an atomic operation.
    case write
    /// An instruction fetch.
    case execute
    /// The record does not say it, or it is none of the three.
    case other
  }

  /// Why the request was refused, as far as manuals and emulators agree on it.
  @frozen
  public enum Cause: UInt8, BitwiseCopyable, Sendable {
    /// An entry on the way is not present, or does not allow the access: RISC-V
    /// reports both alike.
    case pageFault
    /// An entry on the way is present, and lacks the user bit.
    case userBitClear
    /// The leaf does not allow stores.
    case notWritable
    /// The address is not canonical.
    case notCanonical
    /// An entry on the way has a reserved bit set.
    case reservedBit
    /// An entry on the way, or a structure that leads to the tables, could not
    /// be accessed.
    case accessFault
    /// The IOMMU has no entry for the device.
    case unknownDevice
    /// The device has no entry for the PASID of the request, or for requests
    /// without one.
    case unknownPASID
    /// The device's entry forbids requests of that kind.
    case forbiddenRequest
    /// Another reason: ``IOMMUFault/reason`` has its number.
    case other
  }

  /// The device.
  public let device: Device

  /// The PASID of the request; nil if it had none.
  public let pasid: PASID?

  /// The address that the device used; VT-d records it without its lowest 12
  /// bits.
  public let address: VirtualAddress

  /// What the device wanted to do.
  public let access: Access

  /// Why the request was refused.
  public let cause: Cause

  /// The number of the reason in the IOMMU's manual: FR of VT-d, CAUSE of
  /// RISC-V, the event of SMMUv3.
  public let reason: UInt16

  /// The fault with these values.
  @inlinable
  init(
    device: Device, pasid: PASID?, address: VirtualAddress, access: Access,
    cause: Cause, reason: UInt16
  ) {
    self.device = device
    self.pasid = pasid
    self.address = address
    self.access = access
    self.cause = cause
    self.reason = reason
  }
}

extension IOMMUFault.Access {
  /// The access in a word.
  public var text: StaticString {
    switch self {
    case .read: "read"
    case .write: "write"
    case .execute: "execute"
    case .other: "access"
    }
  }
}

extension IOMMUFault.Cause {
  /// The cause in words, and what to look at.
  public var text: StaticString {
    switch self {
    case .pageFault:
      "no entry allows it: is the page mapped, and writable, accessed, dirty?"
    case .userBitClear:
      "an entry on the way lacks the user bit: requests have user privilege"
    case .notWritable: "the leaf is not writable"
    case .notCanonical: "the address is not canonical"
    case .reservedBit: "an entry on the way has a reserved bit set"
    case .accessFault: "a table or a structure could not be accessed"
    case .unknownDevice: "the IOMMU does not know the device: add and bind it"
    case .unknownPASID: "no space is bound under the request's PASID"
    case .forbiddenRequest: "the device's entry forbids requests of that kind"
    case .other: "see the manual for the reason"
    }
  }
}

extension IOMMUFault {
  /// Prints the fault as ASCII text, without a line feed.
  ///
  /// For example: `IOMMU 0x0, device 0x8, PASID 0x1: read of 0xffffffc000000000
  /// refused, reason 0xd: no entry allows it: is the page mapped, and writable,
  /// accessed, dirty?` It allocates nothing.
  ///
  /// - Parameter put: Receives one byte at a time.
  public func write(to put: (UInt8) -> Void) {
    PrintedText.write("IOMMU ", to: put)
    PrintedText.write(
      hex: UInt64(truncatingIfNeeded: device.iommu), to: put)
    PrintedText.write(", device ", to: put)
    PrintedText.write(hex: UInt64(device.requester), to: put)
    if let pasid {
      PrintedText.write(", PASID ", to: put)
      PrintedText.write(hex: UInt64(pasid.rawValue), to: put)
    } else {
      PrintedText.write(", no PASID", to: put)
    }
    PrintedText.write(": ", to: put)
    PrintedText.write(access.text, to: put)
    PrintedText.write(" of ", to: put)
    PrintedText.write(hex: address.rawValue, to: put)
    PrintedText.write(" refused, reason ", to: put)
    PrintedText.write(hex: UInt64(reason), to: put)
    PrintedText.write(": ", to: put)
    PrintedText.write(cause.text, to: put)
  }
}

#if !hasFeature(Embedded)
  extension IOMMUFault: CustomStringConvertible {
    /// The text that ``write(to:)`` prints.
    public var description: String {
      var text = ""
      write { text.unicodeScalars.append(Unicode.Scalar($0)) }
      return text
    }
  }
#endif
