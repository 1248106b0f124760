// SPDX-License-Identifier: Apache-2.0

internal import Fallow

extension Layout {
  /// What a command of the RISC-V IOMMU asks for.
  func decoded(_ command: RISCVIOMMUCommand) -> QueueDescriptor {
    typealias Field = RISCVIOMMUCommand.Field
    let low = command.low
    // The one device behind the IOMMU signs with 0.
    let isOfAnother =
      Field.hasDevice.isSet(in: low) && Field.device.read(low) != 0
    switch RISCVIOMMUCommand.Kind(rawValue: Field.kind.read(low)) {
    case nil: return QueueDescriptor(.invalid)
    case .translations:
      let tag = Field.tag.read(low)
      let pasid =
        Field.hasTag.isSet(in: low) ? Int(truncatingIfNeeded: tag) : nil
      guard Field.hasAddress.isSet(in: low) else {
        return QueueDescriptor(.pasid, pasid: pasid)
      }
      let page = page(
        Field.page.read(command.high) << FrameNumber.shift,
        from: RISCVSv39.kernelHalf.start)
      return QueueDescriptor(
        .range, pasid: pasid, pages: page..<(page + 1), leavesOnly: true)
    case .fence:
      let address = Field.word.read(command.high) << 2
      return Field.hasAddress.isSet(in: low) && isStatus(address)
        ? QueueDescriptor(
          .wait, ticket: Int(truncatingIfNeeded: Field.data.read(low)))
        : QueueDescriptor(.order)
    case .deviceContexts, .processContext:
      if isOfAnother { return QueueDescriptor(.otherStage) }
      let isOfAll = Field.kind.read(low) == 3
      let process = Int(truncatingIfNeeded: Field.process.read(low))
      return QueueDescriptor(.pasidEntry, pasid: isOfAll ? nil : process)
    }
  }
}
