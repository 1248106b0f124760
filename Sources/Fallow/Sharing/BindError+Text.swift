// SPDX-License-Identifier: Apache-2.0

extension BindOutcome {
  /// The outcome in words, and what to do about it.
  public var text: StaticString {
    switch self {
    case .bound: "bound"
    case .unknownDevice: "the IOMMU does not know the device: add it first"
    case .notCoherent:
      """
      the IOMMU's walks do not snoop the CPUs' caches; if it only does not say \
      that they do, make the driver with trustsCoherence: true
      """
    case .pasidNotFree:
      "the PASID is in use on the device or its IOMMU: unbind, or take another"
    case .otherPASID:
      "devices share the space under another PASID: a space has one"
    case .tooManyDevices: "as many devices share the space as one can have"
    case .pasidTooWide:
      "the IOMMU looks up fewer bits: see the driver's capabilities(of:)"
    case .pasidReserved:
      "PASID 0 is for requests without a PASID: take another"
    case .leaving: "the device is being expelled: expel it again, then add it"
    case .outOfFrames: "no frame is left for the IOMMU's own tables"
    case .kernelHalfNotWalked:
      "the driver lets no device walk the kernel half: bind a user space"
    }
  }
}

extension BindError {
  /// Prints the error as ASCII text: the device, its PASID or tag, the reason,
  /// and what to do about it.
  ///
  /// It allocates nothing, and prints no line feed.
  ///
  /// - Parameter put: Receives one byte at a time.
  public func write(to put: (UInt8) -> Void) {
    PrintedText.write("device ", to: put)
    PrintedText.write(hex: UInt64(device.requester), to: put)
    PrintedText.write(" behind IOMMU ", to: put)
    PrintedText.write(
      hex: UInt64(truncatingIfNeeded: device.iommu), to: put)
    if let tag = pasid.tagWithoutPASID {
      PrintedText.write(", tag ", to: put)
      PrintedText.write(hex: UInt64(tag), to: put)
    } else {
      PrintedText.write(", PASID ", to: put)
      PrintedText.write(hex: UInt64(pasid.rawValue), to: put)
    }
    PrintedText.write(": ", to: put)
    PrintedText.write(outcome.text, to: put)
  }
}

#if !hasFeature(Embedded)
  extension BindError: CustomStringConvertible {
    /// The text that ``write(to:)`` prints.
    public var description: String {
      var text = ""
      write { text.unicodeScalars.append(Unicode.Scalar($0)) }
      return text
    }
  }
#endif
