// SPDX-License-Identifier: Apache-2.0

import Fallow

/// What an IOMMU reads out of a command.
extension RISCVIOMMUCommand {
  var kind: Kind? { Kind(rawValue: Field.kind.read(low)) }

  /// The PSCID of IOTINVAL; nil for all.
  var tag: UInt32? {
    Field.hasTag.isSet(in: low)
      ? UInt32(truncatingIfNeeded: Field.tag.read(low)) : nil
  }

  /// The page of IOTINVAL; nil for all.
  var page: VirtualRange? {
    guard Field.hasAddress.isSet(in: low) else { return nil }
    return VirtualRange(
      start: VirtualAddress(Field.page.read(high) << FrameNumber.shift),
      size: FrameNumber.size)
  }

  /// The device of IODIR; nil for all.
  var device: UInt16? {
    Field.hasDevice.isSet(in: low)
      ? UInt16(truncatingIfNeeded: Field.device.read(low)) : nil
  }

  /// The process of IODIR.INVAL_PDT.
  var process: UInt32 {
    UInt32(truncatingIfNeeded: Field.process.read(low))
  }
}

extension InvalidationRequest {
  /// What a command asks an IOTLB to drop; nil if it is another.
  init?(_ command: RISCVIOMMUCommand) {
    guard command.kind == .translations else { return nil }
    self.init(
      pasid: command.tag.map { PASID($0) }, range: command.page,
      leavesOnly: command.page != nil)
  }
}
