// SPDX-License-Identifier: Apache-2.0

import Fallow

/// How a RISC-V IOMMU finds the tables of a request: section "Process to
/// translate an IOVA".
extension Machine {
  /// What a request finds.
  enum Translation {
    /// The tables of a space.
    case space(SimulatedIOMMU.Space)
    /// Nothing: the request is refused.
    case nothing
    /// Memory, untranslated.
    case bare
  }

  /// What a request of a requester finds, with a PASID or without.
  @inline(__always)
  func translation(
    of requester: UInt16, _ pasid: PASID, on number: Int
  ) -> Translation {
    switch configuration.architecture {
    case .x86:
      return space(of: requester, pasid, on: number).map { .space($0) }
        ?? .nothing
    case .riscvSv39, .riscvSv48:
      return riscvTranslation(of: requester, pasid, on: number)
    case .aarch64:
      return smmuTranslation(of: requester, pasid, on: number)
    }
  }

  private func riscvTranslation(
    of requester: UInt16, _ pasid: PASID, on number: Int
  ) -> Translation {
    guard let levels = iommus[number].riscv.levels else { return .nothing }
    if levels == 0 { return .bare }
    guard let device = deviceContext(of: requester, levels, on: number) else {
      return .nothing
    }
    typealias Device = RISCVIOMMUEntry.Device
    let hasPASID = pasid.tagWithoutPASID == nil
    if !Device.hasProcesses.isSet(in: device.control) {
      if hasPASID { return .nothing }
      return space(
        tag: device.tag, firstStage: device.firstStage, device.generation,
        device.control
      ).map { .space($0) } ?? .nothing
    }
    if !hasPASID, !Device.hasDefault.isSet(in: device.control) { return .bare }
    return processContext(pasid.index, device, of: requester, on: number).map {
      .space($0)
    } ?? .nothing
  }

  private func deviceContext(
    of requester: UInt16, _ levels: UInt64, on number: Int
  ) -> SimulatedRISCVIOMMU.DeviceContext? {
    if let cached = iommus[number].riscv.devices[requester] { return cached }
    let isExtended = configuration.riscvIOMMU.hasExtendedContexts
    let root = RISCVIOMMURegister.Directory.frame.read(
      iommus[number].riscv.directory)
    guard
      let address = leaf(
        UInt64(requester), under: FrameNumber(root), levels: levels,
        indexBits: RISCVIOMMUEntry.Device.indexBits(isExtended: isExtended),
        size: RISCVIOMMUEntry.Device.size(isExtended: isExtended))
    else { return nil }
    let control = read(address + RISCVIOMMUEntry.Device.control)
    guard RISCVIOMMUEntry.valid.isSet(in: control) else { return nil }
    if isMisconfigured(control) { return nil }
    let attributes = read(address + RISCVIOMMUEntry.Device.attributes)
    let firstStage = read(address + RISCVIOMMUEntry.Device.firstStage)
    let context = SimulatedRISCVIOMMU.DeviceContext(
      control: control,
      tag: UInt32(truncatingIfNeeded: RISCVIOMMUEntry.tag.read(attributes)),
      firstStage: firstStage, generation: generation(ofRootIn: firstStage))
    if configuration.riscvIOMMU.cachesContexts {
      iommus[number].riscv.devices[requester] = context
    }
    return context
  }

  /// Whether a device context asks for what the IOMMU lacks: section
  /// "Device-context configuration checks".
  private func isMisconfigured(_ control: UInt64) -> Bool {
    typealias Device = RISCVIOMMUEntry.Device
    let can = configuration.riscvIOMMU
    let hasTLB = Device.deviceTLB.isSet(in: control)
    return Device.updatesBits.isSet(in: control) && !can.updatesBits
      || hasTLB && !can.hasATS
      || Device.pageRequests.isSet(in: control) && !hasTLB
  }

  /// Whether the context of a requester allows it to cache translations.
  func riscvContextAllowsTLB(of requester: UInt16, on number: Int) -> Bool {
    guard let levels = iommus[number].riscv.levels, levels > 0,
      let context = deviceContext(of: requester, levels, on: number)
    else { return false }
    return RISCVIOMMUEntry.Device.deviceTLB.isSet(in: context.control)
  }

  private func processContext(
    _ process: UInt32, _ device: SimulatedRISCVIOMMU.DeviceContext,
    of requester: UInt16, on number: Int
  ) -> SimulatedIOMMU.Space? {
    let name = SimulatedIOMMU.name(requester, process)
    if let cached = iommus[number].riscv.processes[name] { return cached }
    typealias Root = RISCVIOMMUEntry.Root
    let levels = Root.mode.read(device.firstStage)
    guard configuration.riscvIOMMU.processIDs << 1 & 1 << levels != 0,
      let address = leaf(
        UInt64(process),
        under: FrameNumber(Root.frame.read(device.firstStage)), levels: levels,
        indexBits: RISCVIOMMUEntry.Process.indexBits,
        size: RISCVIOMMUEntry.Process.size)
    else { return nil }
    let attributes = read(address + RISCVIOMMUEntry.Process.attributes)
    guard RISCVIOMMUEntry.valid.isSet(in: attributes) else { return nil }
    if configuration.supervisorRequests,
      !RISCVIOMMUEntry.Process.supervisor.isSet(in: attributes)
    {
      return nil
    }
    let firstStage = read(address + RISCVIOMMUEntry.Process.firstStage)
    let tag = UInt32(
      truncatingIfNeeded: RISCVIOMMUEntry.tag.read(attributes))
    guard
      let space = space(
        tag: tag, firstStage: firstStage,
        generation(ofRootIn: firstStage), device.control)
    else { return nil }
    if configuration.riscvIOMMU.cachesContexts {
      iommus[number].riscv.processes[name] = space
    }
    return space
  }

  /// The space of a context whose `fsc` holds `iosatp`; nil if that is not the
  /// machine's format.
  private func space(
    tag: UInt32, firstStage: UInt64, _ generation: UInt32, _ control: UInt64
  ) -> SimulatedIOMMU.Space? {
    typealias Root = RISCVIOMMUEntry.Root
    let mode = UInt64(configuration.architecture.levels) + 5
    guard Root.mode.read(firstStage) == mode else { return nil }
    return SimulatedIOMMU.Space(
      domain: 0, tag: self.tag(of: 0, tag),
      root: FrameNumber(Root.frame.read(firstStage)),
      rootGeneration: generation,
      updatesBits: RISCVIOMMUEntry.Device.updatesBits.isSet(in: control))
  }

  private func generation(ofRootIn firstStage: UInt64) -> UInt32 {
    let root = FrameNumber(RISCVIOMMUEntry.Root.frame.read(firstStage))
    return ledger.status(of: root).generation
  }

  /// Where the leaf of a number is; nil if a directory on the way is not there,
  /// or the number is too wide.
  private func leaf(
    _ number: UInt64, under root: FrameNumber, levels: UInt64,
    indexBits: UInt64, size: UInt64
  ) -> PhysicalAddress? {
    guard number >> (indexBits + 9 * (levels - 1)) == 0 else { return nil }
    var directory = root.address
    for level in stride(from: levels, to: 1, by: -1) {
      let index = number >> (indexBits + 9 * (level - 2)) & 511
      let entry = read(directory + index * 8)
      guard RISCVIOMMUEntry.valid.isSet(in: entry) else { return nil }
      directory = FrameNumber(RISCVIOMMUEntry.frame.read(entry)).address
    }
    return directory + (number & (1 << indexBits - 1)) * size
  }
}
