public import Fallow

/// What devices ask for.
extension Machine {
  /// Devices may ask for addresses of `range`, of the kernel half, from now
  /// on.
  ///
  /// - Parameter range: The virtual addresses.
  public func areaAppeared(_ range: VirtualRange) {
    kernelAreas.insert(range)
  }

  /// The area is no more: devices ask for it a while longer, as long as
  /// ``Configuration/recentWindow`` says.
  ///
  /// - Parameter range: The virtual addresses.
  /// - Precondition: The very range appeared and did not vanish since.
  public func areaVanished(_ range: VirtualRange) {
    kernelAreas.remove(range, at: now + configuration.recentWindow)
  }

  /// Devices may ask for addresses of `range` of the user half of the space
  /// that `pasid` names.
  ///
  /// - Parameters:
  ///   - pasid: The PASID of the space.
  ///   - range: The virtual addresses.
  public func userArea(pasid: PASID, range: VirtualRange) {
    userAreas[userAreas.space(of: pasid)].insert(range)
  }

  /// A user area is no more; see ``areaVanished(_:)``.
  ///
  /// - Parameters:
  ///   - pasid: The PASID of the space.
  ///   - range: The virtual addresses.
  public func userAreaVanished(pasid: PASID, range: VirtualRange) {
    userAreas[userAreas.space(of: pasid)].remove(
      range, at: now + configuration.recentWindow)
  }

  /// Gives the device of an IOMMU work under a PASID: from now on it issues
  /// requests, if the IOMMU lets it or not.
  ///
  /// - Parameters:
  ///   - device: The device.
  ///   - pasid: The PASID of its requests.
  public func startWork(_ device: Device, as pasid: PASID) {
    work.append(
      DeviceWork(
        device: device, pasid: pasid, space: userAreas.space(of: pasid)))
    if devices[device] == nil {
      devices[device] = SimulatedDevice(
        tlb: configuration.deviceTLBs
          ? WalkerCaches(
            leaves: 256, structures: 8, seed: configuration.seed,
            stream: 128 + UInt64(device.iommu)) : nil)
    }
    devices[device]?.isIsolated = false
  }

  /// Makes a device issue no more requests under a PASID.
  ///
  /// - Parameters:
  ///   - device: The device.
  ///   - pasid: The PASID of its requests.
  public func stopWork(_ device: Device, as pasid: PASID) {
    work.removeAll { $0.device == device && $0.pasid == pasid }
  }

  /// Takes a device off the bus; it forgets what it cached.
  func isolate(_ device: Device) {
    devices[device]?.isIsolated = true
    work.removeAll { $0.device == device }
    devices[device]?.tlb?.leaves.removeAll { _ in true }
  }

  /// Lets a device behind an IOMMU load from (or store to) an address.
  ///
  /// - Parameters:
  ///   - device: The device.
  ///   - pasid: The PASID of the request.
  ///   - address: The virtual address.
  ///   - isWrite: Whether it is a write.
  /// - Returns: What the request came to.
  /// - Precondition: The device was given work.
  public func deviceAccess(
    _ device: Device, pasid: PASID, _ address: VirtualAddress, isWrite: Bool
  ) -> AccessResult {
    access(
      Request(
        address: address, isWrite: isWrite,
        isUser: !configuration.supervisorRequests),
      by: device, pasid)
  }

  /// Lets a request through the device's own TLB, or its IOMMU.
  @inline(__always)
  private func access(
    _ request: Request, by device: Device, _ pasid: PASID
  ) -> AccessResult {
    statistics.deviceRequests &+= 1
    if configuration.deviceTLBs, let tlb = devices[device]?.tlb,
      let (leaf, level) = tlb.findLeaf(pasid.index, request.address),
      isUsable(leaf, for: request)
    {
      // A translated request: the IOMMU lets it pass unseen.
      statistics.cacheHits &+= 1
      return use(
        leaf, level: level, request,
        Requester(
          walker: .iommu(device.iommu), pasid: pasid, tag: 0, globalTag: nil,
          root: .none, rootGeneration: 0), from: .iotlb)
    }
    let space: SimulatedIOMMU.Space
    switch translation(of: device.requester, pasid, on: device.iommu) {
    case .space(let found): space = found
    case .nothing:
      statistics.blocked &+= 1
      return .blocked
    case .bare: return .untranslated
    }
    let caches = iommus[device.iommu].translations
    let requester = Requester(
      walker: .iommu(device.iommu), pasid: pasid, tag: space.tag,
      globalTag: globalTagOfIOMMUs, root: space.root,
      rootGeneration: space.rootGeneration, updatesBits: space.updatesBits)
    if let (leaf, level) = findLeaf(request.address, requester, in: caches),
      isUsable(leaf, for: request)
    {
      statistics.cacheHits &+= 1
      keep(leaf, level, request, device, pasid)
      return use(leaf, level: level, request, requester, from: .iotlb)
    }
    statistics.walks &+= 1
    let result = walk(request, by: requester, in: caches)
    switch result {
    case .reached:
      if let (leaf, level) = findLeaf(request.address, requester, in: caches) {
        keep(leaf, level, request, device, pasid)
      }
    case .notPresent: statistics.notPresent &+= 1
    case .refused: statistics.refusals &+= 1
    case .blocked, .untranslated: break
    }
    return result
  }

  /// The tag of global leaves: VT-d makes no difference.
  private var globalTagOfIOMMUs: UInt32? {
    configuration.architecture == .x86 ? nil : SimulatedCPU.globalTag
  }

  /// The leaf that an IOMMU cached of the requester's space, or a global one.
  @inline(__always)
  private func findLeaf(
    _ address: VirtualAddress, _ requester: Requester, in caches: WalkerCaches
  ) -> (entry: CachedEntry, level: Int)? {
    if let found = caches.findLeaf(requester.tag, address) { return found }
    return requester.globalTag.flatMap { caches.findLeaf($0, address) }
  }

  /// Whether a cached leaf serves a request of a device.
  @inline(__always)
  private func isUsable(
    _ leaf: CachedEntry, for request: Request
  ) -> Bool {
    configuration.walksToSetDirty
      ? Self.isUsable(leaf, for: request) : Self.allows(leaf.flags, request)
  }

  /// Lets a device cache a translation that it was given.
  @inline(__always)
  private func keep(
    _ leaf: CachedEntry, _ level: Int, _ request: Request, _ device: Device,
    _ pasid: PASID
  ) {
    guard configuration.deviceTLBs, let tlb = devices[device]?.tlb,
      mayCache(device)
    else { return }
    tlb.insertLeaf(leaf, pasid.index, request.address, level: level)
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
    guard !work.isEmpty else { return }
    let job = work[Int(places.next(below: UInt64(work.count)))]
    let dice = places.next()
    let isWrite = dice & 1 != 0
    let isUserPlace = dice &>> 11 < userThreshold
    guard
      let address = isUserPlace
        ? pick(from: &userAreas[job.space]) : pick(from: &kernelAreas)
    else {
      statistics.skippedRequests &+= 1
      return
    }
    _ = access(
      Request(
        address: address, isWrite: isWrite,
        isUser: !configuration.supervisorRequests),
      by: job.device, job.pasid)
  }

  private func pick(from areas: inout AreaSet) -> VirtualAddress? {
    if areas.nextDrop < now { areas.drop(until: now) }
    if areas.total == 0 { return nil }
    return areas.address(at: places.next(below: areas.total))
  }
}
