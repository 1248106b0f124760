public import Fallow

/// What devices ask for.
extension Machine {
  /// Devices may ask for addresses of `range`, of the kernel half, from now
  /// on.
  public func areaAppeared(_ range: VirtualRange) {
    kernelAreas.insert(range)
  }

  /// The area is no more: devices ask for it a while longer, as long as
  /// ``Configuration/recentWindow`` says.
  ///
  /// - Precondition: The very range appeared and did not vanish since.
  public func areaVanished(_ range: VirtualRange) {
    kernelAreas.remove(range, at: now + configuration.recentWindow)
  }

  /// Devices may ask for addresses of `range` of the user half of the space
  /// that `pasid` names.
  public func userArea(pasid: PASID, range: VirtualRange) {
    userAreas[userAreas.space(of: pasid)].insert(range)
  }

  /// A user area is no more; see ``areaVanished(_:)``.
  public func userAreaVanished(pasid: PASID, range: VirtualRange) {
    userAreas[userAreas.space(of: pasid)].remove(
      range, at: now + configuration.recentWindow)
  }

  /// Lets a device behind an IOMMU load from (or store to) an address.
  ///
  /// - Precondition: `pasid` is attached to the IOMMU.
  public func deviceAccess(
    iommu: Int, pasid: PASID, _ address: VirtualAddress, isWrite: Bool
  ) -> AccessResult {
    guard let attachment = attachment(of: pasid, on: iommu) else {
      preconditionFailure("PASID \(pasid.rawValue) is not attached")
    }
    return deviceAccess(
      Request(
        address: address, isWrite: isWrite,
        isUser: !configuration.supervisorRequests),
      through: attachment)
  }

  /// Lets a request through an IOMMU.
  @inline(__always)
  private func deviceAccess(
    _ request: Request, through attachment: Attachment
  ) -> AccessResult {
    statistics.deviceRequests &+= 1
    let caches = iommuCaches[attachment.iommu]
    let requester = attachment.requester
    if let (leaf, level) = caches.findLeaf(requester.tag, request.address),
      Self.isUsable(leaf, for: request)
    {
      statistics.cacheHits &+= 1
      return use(leaf, level: level, request, requester, from: .iotlb)
    }
    statistics.walks &+= 1
    let result = walk(request, by: requester, in: caches)
    switch result {
    case .reached: break
    case .notPresent: statistics.notPresent &+= 1
    case .refused: statistics.refusals &+= 1
    }
    return result
  }

  /// Issues the requests that come before `time`, in nanoseconds.
  func serveRequests(before time: UInt64) {
    while requests.next < time {
      now = requests.next
      issueRequest()
      requests.advance()
    }
  }

  /// Issues one request, for a place that chance picks.
  private func issueRequest() {
    guard !attachments.isEmpty else { return }
    let count = UInt64(attachments.count)
    let attachment = attachments[Int(places.next(below: count))]
    let dice = places.next()
    let isWrite = dice & 1 != 0
    let isUserPlace = dice &>> 11 < userThreshold
    guard
      let address = isUserPlace
        ? pick(from: &userAreas[attachment.space]) : pick(from: &kernelAreas)
    else {
      statistics.skippedRequests &+= 1
      return
    }
    _ = deviceAccess(
      Request(
        address: address, isWrite: isWrite,
        isUser: !configuration.supervisorRequests),
      through: attachment)
  }

  private func pick(from areas: inout AreaSet) -> VirtualAddress? {
    if areas.nextDrop < now { areas.drop(until: now) }
    if areas.total == 0 { return nil }
    return areas.address(at: places.next(below: areas.total))
  }
}
