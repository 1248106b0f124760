public import Fallow

/// What IOMMUs are told.
extension Machine {
  /// Lets the devices behind `iommus` walk from `root` under `pasid`: what a
  /// PASID table entry says.
  ///
  /// Translations are cached under `domain` and `pasid`.
  ///
  /// - Precondition: The PASID is not attached to any of `iommus`; a PASID has
  ///   20 bits.
  public func attach(
    pasid: PASID, root: FrameNumber, domain: UInt16, iommus: IOMMUSet
  ) {
    precondition(pasid.rawValue < 1 << 20, "a PASID has 20 bits")
    for iommu in 0..<configuration.iommus where iommus.contains(iommu) {
      precondition(
        attachment(of: pasid, on: iommu) == nil,
        "PASID \(pasid.rawValue) is attached to IOMMU \(iommu)")
      let attachment = Attachment(
        iommu: iommu, pasid: pasid, tag: tag(of: domain, pasid), root: root,
        rootGeneration: ledger.status(of: root).generation,
        space: userAreas.space(of: pasid))
      attachments.append(attachment)
      lastAttached.removeAll { $0.pasid == pasid && $0.iommu == iommu }
      lastAttached.append(attachment)
    }
  }

  /// The attachment of `pasid` to an IOMMU.
  func attachment(of pasid: PASID, on iommu: Int) -> Attachment? {
    attachments.first { $0.pasid == pasid && $0.iommu == iommu }
  }

  /// Ends what ``attach(pasid:root:domain:iommus:)`` began.
  ///
  /// No device issues a request under the PASID any more. What is cached stays
  /// until it is invalidated, under the domain that the PASID had last.
  public func detach(pasid: PASID, iommus: IOMMUSet) {
    attachments.removeAll {
      $0.pasid == pasid && iommus.contains($0.iommu)
    }
  }

  /// The short name that caches have for a domain and a PASID, the same for
  /// good.
  private func tag(of domain: UInt16, _ pasid: PASID) -> UInt32 {
    let name = UInt64(domain) << 32 | UInt64(pasid.rawValue)
    if let tag = tagNames.firstIndex(of: name) { return UInt32(tag) }
    tagNames.append(name)
    return UInt32(tagNames.count - 1)
  }

  /// Puts a request into a queue.
  func submit(_ request: InvalidationRequest, to iommu: Int) {
    statistics.invalidationRequests += 1
    record(.submitted(request, iommu: iommu))
    let tag = lastAttached.last {
      $0.pasid == request.pasid && $0.iommu == iommu
    }?.tag
    enqueue(.invalidation(request, tag: tag), on: iommu)
  }

  /// Puts a wait into a queue.
  func fence(_ iommu: Int) -> UInt64 {
    queues[iommu].issued += 1
    let ticket = queues[iommu].issued
    enqueue(.wait(ticket: ticket), on: iommu)
    return ticket
  }

  private func enqueue(
    _ descriptor: InvalidationQueue.Descriptor, on iommu: Int
  ) {
    statistics.descriptors += 1
    let start = max(now, queues[iommu].idleFrom)
    let end = start + configuration.invalidationLatency
    queues[iommu].idleFrom = end
    queues[iommu].pending.append(descriptor)
    eventQueue.insert(.completion(iommu: iommu), at: end)
  }

  /// The IOMMU has done what its oldest descriptor says.
  func completeDescriptor(of iommu: Int) {
    switch queues[iommu].pending.removeFirst() {
    case .wait(let ticket):
      queues[iommu].reached = ticket
    case .invalidation(let request, let tag):
      if let tag { forget(request, tag: tag, in: iommuCaches[iommu]) }
      record(.invalidated(request, iommu: iommu))
    }
  }

  /// What an IOMMU drops for a request: leaves of the range, and, unless the
  /// invalidation hint says that only leaves changed, every pointer that a
  /// walk of an address in the range goes through.
  private func forget(
    _ request: InvalidationRequest, tag: UInt32, in caches: WalkerCaches
  ) {
    guard let range = request.range else {
      caches.leaves.removeAll { $0.tag == tag }
      if !request.leavesOnly { caches.removeStructures { $0.tag == tag } }
      return
    }
    if range.isEmpty { return }
    let pages = PageWindow(range)
    caches.leaves.removeAll { $0.tag == tag && $0.overlaps(pages) }
    if request.leavesOnly { return }
    caches.removeStructures { $0.tag == tag && $0.overlaps(pages) }
  }

  /// Lets everything go on until an IOMMU reached a ticket.
  func wait(for ticket: UInt64, on iommu: Int) -> Bool {
    statistics.waits += 1
    let start = now
    while queues[iommu].reached < ticket {
      precondition(eventQueue.nextTime != nil, "no such ticket")
      runNextEvent()
    }
    statistics.waitedNanoseconds += now - start
    return true
  }
}
