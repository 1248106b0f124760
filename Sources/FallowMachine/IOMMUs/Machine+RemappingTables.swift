// SPDX-License-Identifier: Apache-2.0

import Fallow

/// How an IOMMU finds the tables of a requester and PASID: through its root
/// table, a context table, a PASID directory and a PASID table, unless it
/// cached what they say.
extension Machine {
  /// The address space of a requester and PASID; nil if the way there is not
  /// open.
  func space(
    of requester: UInt16, _ pasid: PASID, on number: Int
  ) -> SimulatedIOMMU.Space? {
    guard iommus[number].translates else { return nil }
    let name = SimulatedIOMMU.name(requester, pasid.index)
    if let space = iommus[number].spaces[name] { return space }
    if iommus[number].absentSpaces.contains(name) { return nil }
    guard let context = context(of: requester, on: number) else { return nil }
    guard let space = readSpace(pasid.index, context) else {
      if configuration.cachesAbsence {
        iommus[number].absentSpaces.insert(name)
      }
      return nil
    }
    iommus[number].spaces[name] = space
    return space
  }

  private func readSpace(
    _ pasid: UInt32, _ context: SimulatedIOMMU.Context
  ) -> SimulatedIOMMU.Space? {
    let index = UInt64(pasid >> 6)
    guard index < context.entries else { return nil }
    let table = read(context.directory + index * 8)
    guard table & 1 != 0 else { return nil }
    let entry = table.frameAddress + UInt64(pasid & 63) * 64
    let word = read(entry)
    // Present, 48-bit addresses, first stage only.
    guard word & 1 != 0, word >> 2 & 7 == 2, word >> 6 & 7 == 1 else {
      return nil
    }
    // PWSNP: walks that do not snoop are not modelled.
    let attributes = read(entry + 8)
    guard attributes >> 23 & 1 != 0 else { return nil }
    let domain = UInt16(truncatingIfNeeded: attributes)
    let root = FrameNumber(containing: read(entry + 16).frameAddress)
    return SimulatedIOMMU.Space(
      domain: domain, tag: tag(of: domain, pasid), root: root,
      rootGeneration: ledger.status(of: root).generation)
  }

  private func context(
    of requester: UInt16, on number: Int
  ) -> SimulatedIOMMU.Context? {
    if let context = iommus[number].contexts[requester] { return context }
    if iommus[number].absentContexts.contains(requester) { return nil }
    guard let context = readContext(of: requester, on: number) else {
      if configuration.cachesAbsence {
        iommus[number].absentContexts.insert(requester)
      }
      return nil
    }
    iommus[number].contexts[requester] = context
    return context
  }

  private func readContext(
    of requester: UInt16, on number: Int
  ) -> SimulatedIOMMU.Context? {
    let half = UInt64(requester >> 7)
    // Bit 10 of the root table's address: scalable mode.
    guard iommus[number].rootTable & 1 << 10 != 0 else { return nil }
    let table = read(iommus[number].rootTable.frameAddress + half * 8)
    guard table & 1 != 0 else { return nil }
    let entry = table.frameAddress + UInt64(requester & 127) * 32
    let word = read(entry)
    guard word & 1 != 0 else { return nil }
    return SimulatedIOMMU.Context(
      directory: word.frameAddress, entries: 128 << (word >> 9 & 7),
      hasDeviceTLB: word >> 2 & 1 != 0)
  }

  /// Whether a device may keep translations: its context entry allows it.
  func mayCache(_ device: Device) -> Bool {
    if configuration.architecture == .x86 {
      return context(of: device.requester, on: device.iommu)?.hasDeviceTLB
        ?? false
    }
    return riscvContextAllowsTLB(of: device.requester, on: device.iommu)
  }

  /// The short name that caches have for a domain and a PASID, the same for
  /// good.
  func tag(of domain: UInt16, _ pasid: UInt32) -> UInt32 {
    let name = UInt64(domain) << 32 | UInt64(pasid)
    if let tag = tags[name] { return tag }
    let tag = UInt32(tagNames.count)
    tagNames.append(name)
    tags[name] = tag
    return tag
  }

  /// A word of memory, as a device sees it.
  func read(_ address: PhysicalAddress) -> UInt64 {
    memory.load(address.word, of: FrameNumber(containing: address))
  }
}

extension UInt64 {
  /// The address of the frame that an entry names.
  var frameAddress: PhysicalAddress {
    PhysicalAddress(self & ~(FrameNumber.size - 1) & 0x000f_ffff_ffff_ffff)
  }
}

extension PASID {
  /// Where an IOMMU looks the number up: requests without a PASID are of 0.
  var index: UInt32 { tagWithoutPASID == nil ? rawValue : 0 }
}
