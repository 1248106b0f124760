import Fallow

/// How an IOMMU works off its queue: in order, one descriptor at a time, each
/// read from memory when its time has come.
extension Machine {
  /// Begins with the descriptor at the head, if there is one and nothing stands
  /// in the way.
  func workOn(_ number: Int) {
    let iommu = iommus[number]
    guard iommu.hasQueue, !iommu.isBusy, iommu.queueHead != iommu.queueTail,
      iommu.faultStatus & VTdRegister.Fault.all == 0
    else { return }
    iommus[number].isBusy = true
    var latency = isStarting ? 0 : iommu.latency
    switch failure(of: descriptor(at: iommu.queueHead, number), number) {
    case .descriptor:
      record(.skipped(iommu: number))
      stop(number, VTdRegister.Fault.queue.mask)
      return
    case .device:
      iommus[number].abortedUpTo = iommu.queueTail
      iommus[number].queueHead = next(after: iommu.queueHead)
      stop(number, VTdRegister.Fault.timeOut.mask)
      return
    case .late: latency += 2 * configuration.patience
    case .stuck: return
    case nil: break
    }
    eventQueue.insert(
      .completion(iommu: number, session: iommu.session), at: now + latency)
  }

  private func stop(_ number: Int, _ fault: UInt64) {
    statistics.failures += 1
    iommus[number].faultStatus |= fault
    iommus[number].isBusy = false
  }

  /// The IOMMU has done what the descriptor at the head of its queue says.
  func completeDescriptor(of number: Int, session: UInt32) {
    guard iommus[number].session == session else { return }
    iommus[number].isBusy = false
    let head = iommus[number].queueHead
    let descriptor = descriptor(at: head, number)
    guard perform(descriptor, number) else {
      stop(number, VTdRegister.Fault.queue.mask)
      return
    }
    iommus[number].queueHead = next(after: head)
    if iommus[number].queueHead == iommus[number].abortedUpTo {
      iommus[number].abortedUpTo = nil
    }
    workOn(number)
  }

  private func next(after place: UInt64) -> UInt64 {
    (place + VTdDescriptor.size) & (FrameNumber.size - 1)
  }

  /// A descriptor of the queue.
  private func descriptor(at place: UInt64, _ number: Int) -> VTdDescriptor {
    let address =
      PhysicalAddress(
        iommus[number].queueAddress & ~(FrameNumber.size - 1)) + place
    return VTdDescriptor(low: read(address), high: read(address + 8))
  }

  /// Takes note of what was put into a queue.
  func announceDescriptors(of number: Int) {
    while iommus[number].hasQueue,
      iommus[number].announced != iommus[number].queueTail
    {
      let place = iommus[number].announced
      iommus[number].announced = next(after: place)
      statistics.descriptors += 1
      guard
        let request = InvalidationRequest(
          descriptor(at: place, number))
      else { continue }
      statistics.invalidationRequests += 1
      record(.submitted(request, iommu: number))
    }
  }

  /// Does what a descriptor says; false if it is not valid.
  private func perform(_ descriptor: VTdDescriptor, _ number: Int) -> Bool {
    // Bit 11: the queue has descriptors of 256 bits.
    guard iommus[number].queueAddress & 1 << 11 != 0,
      let kind = VTdDescriptor.Kind(rawValue: descriptor.low & 0xf)
    else { return false }
    let caches = iommus[number].translations
    switch kind {
    case .contextCache:
      iommus[number].contexts = [:]
      iommus[number].absentContexts = []
    case .pasidCache:
      forgetSpaces(descriptor, number)
    case .iotlb:
      let isGlobal = descriptor.granularity == 1
      let domain = descriptor.domain
      forget(nil, leavesOnly: false, in: caches) { [tagNames] tag in
        isGlobal || UInt16(tagNames[Int(tag)] >> 32) == domain
      }
    case .pasidIOTLB:
      guard
        descriptor.granularity == 2
          || descriptor.mask
            <= configuration.maxAddressMask,
        (2...3).contains(descriptor.granularity)
      else { return false }
      if let tag = tags[descriptor.space] {
        forget(
          descriptor.range, leavesOnly: descriptor.leavesOnly, in: caches
        ) { $0 == tag }
      }
    case .deviceTLB, .pasidDeviceTLB:
      forgetDeviceTranslations(descriptor, number)
    case .wait:
      if iommus[number].abortedUpTo == nil {
        memory.store(
          descriptor.low >> 32,
          to: PhysicalAddress(descriptor.high).word,
          of: FrameNumber(containing: PhysicalAddress(descriptor.high)))
        record(.answered(iommu: number))
      }
    }
    if let request = InvalidationRequest(descriptor) {
      record(.invalidated(request, iommu: number))
    }
    return true
  }

  private func forgetSpaces(_ descriptor: VTdDescriptor, _ number: Int) {
    // It does not name the device.
    iommus[number].absentSpaces = []
    let pasid = descriptor.space & 0xf_ffff
    let domain = descriptor.domain
    iommus[number].spaces = iommus[number].spaces.filter {
      switch descriptor.granularity {
      case 0: $0.value.domain != domain
      case 1: $0.value.domain != domain || $0.key & 0xf_ffff != pasid
      default: false
      }
    }
  }

  /// What an IOMMU drops: leaves of the range, and, unless the invalidation
  /// hint says that only leaves changed, every pointer that a walk of an
  /// address in the range goes through.
  private func forget(
    _ range: VirtualRange?, leavesOnly: Bool, in caches: WalkerCaches,
    where isMeant: (UInt32) -> Bool
  ) {
    let pages = range.map { PageWindow($0) }
    func isGone(_ key: CacheKey) -> Bool {
      isMeant(key.tag) && pages.map { key.overlaps($0) } != false
    }
    caches.leaves.removeAll(where: isGone)
    if !leavesOnly { caches.removeStructures(where: isGone) }
  }

  private func forgetDeviceTranslations(
    _ descriptor: VTdDescriptor, _ number: Int
  ) {
    let requester = descriptor.deviceSource
    let device = Device(iommu: number, requester: requester)
    guard let tlb = devices[device]?.tlb else { return }
    let pasid =
      descriptor.kind == .deviceTLB ? 0 : UInt32(descriptor.space & 0xf_ffff)
    let pages = PageWindow(descriptor.deviceRange)
    tlb.leaves.removeAll { $0.tag == pasid && $0.overlaps(pages) }
  }

  // MARK: What goes wrong

  /// Makes an IOMMU fail at the next descriptor to which that can happen.
  public func planFailure(_ kind: FailureKind, of iommu: Int) {
    iommus[iommu].planned.append(kind)
  }

  /// What happens to a descriptor instead of its completion.
  private func failure(
    of descriptor: VTdDescriptor, _ number: Int
  ) -> FailureKind? {
    if isStarting { return nil }
    func canHappen(_ kind: FailureKind) -> Bool {
      switch kind {
      case .descriptor: InvalidationRequest(descriptor) != nil
      case .device: descriptor.isDeviceRequest
      case .late: descriptor.kind == .wait
      case .stuck: true
      }
    }
    if let index = iommus[number].planned.firstIndex(where: canHappen) {
      return iommus[number].planned.remove(at: index)
    }
    guard let rate = configuration.failures, canHappen(rate.kind),
      iommus[number].chances.next() >> 11
        < UInt64(rate.probability * 0x1p53)
    else { return nil }
    return rate.kind
  }
}
