// SPDX-License-Identifier: Apache-2.0

import Fallow

/// How an SMMUv3 finds the tables of a request: through its stream table and the
/// stream's contexts, unless it cached what they say.
extension Machine {
  /// What a request finds, with a PASID or without.
  func smmuTranslation(
    of requester: UInt16, _ pasid: PASID, on number: Int
  ) -> Translation {
    guard iommus[number].smmu.isEnabled else {
      return SMMUv3Register.Bypass.abort.isSet(in: iommus[number].smmu.bypass)
        ? .nothing : .bare
    }
    guard let stream = stream(of: requester, on: number) else {
      return .nothing
    }
    // S1DSS: requests without a substream use context 0, and no other does.
    if pasid.tagWithoutPASID == nil && pasid.rawValue == 0 { return .nothing }
    let name = SimulatedIOMMU.name(requester, pasid.index)
    if let space = iommus[number].smmu.contexts[name] { return .space(space) }
    if iommus[number].smmu.invalidContexts.contains(name) { return .nothing }
    guard let space = readContext(pasid.index, stream) else {
      if configuration.smmu.cachesInvalidContexts {
        iommus[number].smmu.invalidContexts.insert(name)
      }
      return .nothing
    }
    if configuration.smmu.cachesContexts {
      iommus[number].smmu.contexts[name] = space
    }
    return .space(space)
  }

  private func stream(
    of requester: UInt16, on number: Int
  ) -> SimulatedSMMUv3.Stream? {
    if let cached = iommus[number].smmu.streams[requester] { return cached }
    if iommus[number].smmu.invalidStreams.contains(requester) { return nil }
    guard let stream = readStream(requester, on: number) else {
      if configuration.smmu.cachesInvalidContexts {
        iommus[number].smmu.invalidStreams.insert(requester)
      }
      return nil
    }
    if configuration.smmu.cachesContexts {
      iommus[number].smmu.streams[requester] = stream
    }
    return stream
  }

  private func readStream(
    _ requester: UInt16, on number: Int
  ) -> SimulatedSMMUv3.Stream? {
    typealias Stream = SMMUv3Entry.Stream
    let shape = iommus[number].smmu.streamTableShape
    let index = UInt64(requester)
    guard index >> SMMUv3Register.Base.streamBits.read(shape) == 0 else {
      return nil
    }
    var table = PhysicalAddress(
      iommus[number].smmu.streamTable & SMMUv3Entry.address.mask)
    var offset = index
    if SMMUv3Register.Base.levels.read(shape) == 1 {
      let split = SMMUv3Register.Base.split.read(shape)
      let entry = read(table + (index >> split) * 8)
      let span = SMMUv3Entry.Streams.span.read(entry)
      offset &= 1 << split - 1
      guard span > 0, offset >> (span - 1) == 0 else { return nil }
      table = PhysicalAddress(entry & SMMUv3Entry.address.mask)
    }
    let entry = table + offset * SMMUv3Entry.size
    let word = read(entry)
    guard Stream.valid.isSet(in: word), Stream.configuration.read(word) == 5
    else { return nil }
    let bits = Stream.contextBits.read(word)
    guard bits <= configuration.smmu.substreamBits else { return nil }
    return SimulatedSMMUv3.Stream(
      contexts: PhysicalAddress(word & SMMUv3Entry.address.mask),
      contextBits: bits, hasTwoLevels: Stream.levels.read(word) == 1,
      isPrivileged: BitField(49, 48).read(read(entry + 8)) == 3)
  }

  private func readContext(
    _ substream: UInt32, _ stream: SimulatedSMMUv3.Stream
  ) -> SimulatedIOMMU.Space? {
    typealias Context = SMMUv3Entry.Context
    let number = UInt64(substream)
    guard number >> stream.contextBits == 0 else { return nil }
    var table = stream.contexts
    var offset = number
    if stream.hasTwoLevels {
      let bits = SMMUv3Entry.Contexts.bits
      let entry = read(table + (number >> bits) * 8)
      guard SMMUv3Entry.Contexts.valid.isSet(in: entry) else { return nil }
      table = PhysicalAddress(entry & SMMUv3Entry.address.mask)
      offset &= 1 << bits - 1
    }
    let context = table + offset * SMMUv3Entry.size
    let word = read(context)
    guard Context.valid.isSet(in: word) else { return nil }
    let updates = configuration.smmu.updates
    // Misconfigured: flags that it cannot update.
    if Context.updatesAccessed.isSet(in: word) && updates < 1
      || Context.updatesDirty.isSet(in: word) && updates < 2
    {
      return nil
    }
    let tag = UInt32(truncatingIfNeeded: Context.tag.read(word))
    let user = root(at: context + Context.userRoot)
    let kernel = root(at: context + Context.kernelRoot)
    return SimulatedIOMMU.Space(
      domain: 0, tag: self.tag(ofKernelHalf: false, tag), root: user,
      rootGeneration: ledger.status(of: user).generation,
      updatesBits: Context.updatesDirty.isSet(in: word),
      halves: SimulatedIOMMU.Halves(
        walksUser: !Context.noUserHalf.isSet(in: word),
        walksKernel: !Context.noKernelHalf.isSet(in: word),
        isPrivileged: stream.isPrivileged,
        kernelTag: self.tag(ofKernelHalf: true, tag), kernelRoot: kernel,
        kernelGeneration: ledger.status(of: kernel).generation))
  }

  private func root(at address: PhysicalAddress) -> FrameNumber {
    FrameNumber(
      containing: PhysicalAddress(
        read(address) & SMMUv3Entry.Context.root.mask))
  }
}
