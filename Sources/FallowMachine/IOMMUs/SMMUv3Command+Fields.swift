// SPDX-License-Identifier: Apache-2.0

import Fallow

/// What an SMMU reads out of a command.
extension SMMUv3Command {
  var kind: Kind? { Kind(rawValue: Field.kind.read(low)) }

  /// SID of CFGI.
  var requester: UInt16 {
    UInt16(truncatingIfNeeded: Field.stream.read(low))
  }

  /// SSID of CFGI_CD.
  var substream: UInt32 {
    UInt32(truncatingIfNeeded: Field.substream.read(low))
  }

  /// ASID of TLBI.
  var tag: UInt32 { UInt32(truncatingIfNeeded: Field.tag.read(low)) }

  /// The page of TLBI.
  var page: VirtualRange {
    VirtualRange(
      start: VirtualAddress(high & Field.address.mask), size: FrameNumber.size)
  }

  /// Whether what is no leaf may stay.
  var leavesOnly: Bool { Field.leaf.isSet(in: high) }
}

extension InvalidationRequest {
  /// What a command asks a TLB to drop; nil if it is another.
  init?(_ command: SMMUv3Command) {
    switch command.kind {
    case .all, .everything: self.init(pasid: nil, range: nil)
    case .space: self.init(pasid: PASID(command.tag), range: nil)
    case .address:
      self.init(
        pasid: PASID(command.tag), range: command.page,
        leavesOnly: command.leavesOnly)
    case .addressInAll:
      self.init(
        pasid: nil, range: command.page, leavesOnly: command.leavesOnly)
    case .stream, .streams, .context, .sync, nil: return nil
    }
  }
}
