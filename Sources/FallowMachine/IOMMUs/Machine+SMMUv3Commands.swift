// SPDX-License-Identifier: Apache-2.0

import Fallow

/// What the commands of an SMMUv3 do.
extension Machine {
  /// Does what a command says; false if it is not legal.
  func perform(_ command: SMMUv3Command, _ number: Int) -> Bool {
    guard let kind = command.kind else {
      iommus[number].smmu.reason = SMMUv3Register.Reason.illegal
      return false
    }
    if kind == .sync {
      synchronize(number)
      record(.answered(iommu: number))
      return true
    }
    if configuration.smmu.keepsWhatIsInvalidatedOnce,
      !isRepeated(command, number)
    {
      return true
    }
    switch kind {
    case .streams:
      iommus[number].smmu.streams = [:]
      iommus[number].smmu.invalidStreams = []
      iommus[number].smmu.contexts = [:]
      iommus[number].smmu.invalidContexts = []
    case .stream: dropStream(command.requester, number)
    case .context:
      let name = SimulatedIOMMU.name(command.requester, command.substream)
      iommus[number].smmu.contexts[name] = nil
      iommus[number].smmu.invalidContexts.remove(name)
    case .all, .everything, .space, .address, .addressInAll:
      dropTranslations(kind, command, number)
    case .sync: break
    }
    return true
  }

  private func dropStream(_ requester: UInt16, _ number: Int) {
    func isOthers(_ name: UInt64) -> Bool { name >> 32 != UInt64(requester) }
    iommus[number].smmu.streams[requester] = nil
    iommus[number].smmu.invalidStreams.remove(requester)
    iommus[number].smmu.contexts = iommus[number].smmu.contexts.filter {
      isOthers($0.key)
    }
    iommus[number].smmu.invalidContexts =
      iommus[number].smmu.invalidContexts.filter(isOthers)
  }

  private func dropTranslations(
    _ kind: SMMUv3Command.Kind, _ command: SMMUv3Command, _ number: Int
  ) {
    let rules = configuration.smmu
    let caches = iommus[number].translations
    let hasAddress = kind == .address || kind == .addressInAll
    let hasTag = kind == .address || kind == .space
    let half = AArch64FourKiB.kernelHalf.contains(command.page.start)
    let pages = hasAddress ? PageWindow(command.page) : nil
    let tags = [false, true].map { self.tag(ofKernelHalf: $0, command.tag) }
    func isGone(_ key: CacheKey) -> Bool {
      if key.tag == SimulatedCPU.globalTag {
        if kind == .space { return !rules.spaceSparesGlobalLeaves }
        return pages.map { half && key.overlaps($0) } ?? true
      }
      guard !hasTag || tags.contains(key.tag) else { return false }
      return pages.map {
        key.overlaps($0) && isOfKernelHalf(key.tag) == half
      } ?? true
    }
    caches.leaves.removeAll(where: isGone)
    if !hasAddress || !command.leavesOnly || !rules.leafSparesTables {
      caches.removeStructures(where: isGone)
    }
  }

  /// The short name that caches have for an ASID in one half: the halves'
  /// addresses differ in bits that a cache does not look at.
  func tag(ofKernelHalf isKernel: Bool, _ tag: UInt32) -> UInt32 {
    self.tag(of: isKernel ? 1 : 0, tag)
  }

  private func isOfKernelHalf(_ tag: UInt32) -> Bool {
    tagNames[Int(tag)] >> 32 == 1
  }

  /// The CPUs' flush of a range reaches an SMMU that listens to it, in every
  /// ASID.
  func hearBroadcast(_ range: VirtualRange, _ number: Int) {
    guard configuration.architecture == .aarch64,
      configuration.smmu.hasBroadcasts, !range.isEmpty,
      !SMMUv3Register.privateTLB.isSet(in: iommus[number].smmu.broadcasts)
    else { return }
    let pages = PageWindow(range)
    let caches = iommus[number].translations
    caches.leaves.removeAll { $0.overlaps(pages) }
    caches.removeStructures { $0.overlaps(pages) }
  }

  // MARK: The erratum

  /// Whether the command was executed before, and a CMD_SYNC since.
  private func isRepeated(_ command: SMMUv3Command, _ number: Int) -> Bool {
    if let index = iommus[number].smmu.synchronized.firstIndex(of: command) {
      iommus[number].smmu.synchronized.remove(at: index)
      return true
    }
    iommus[number].smmu.executed.append(command)
    return false
  }

  private func synchronize(_ number: Int) {
    iommus[number].smmu.synchronized += iommus[number].smmu.executed
    iommus[number].smmu.executed = []
  }
}
