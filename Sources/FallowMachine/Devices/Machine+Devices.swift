// SPDX-License-Identifier: Apache-2.0

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
    var route: RequestRoute?
    return access(
      Request(
        address: address, isWrite: isWrite,
        isUser: !configuration.supervisorRequests),
      by: device, pasid, &route)
  }

  /// Lets a request through the device's own TLB, or its IOMMU.
  ///
  /// - Parameter route: The way to the tables, once a request has found it.
  @inline(__always)
  private func access(
    _ request: Request, by device: Device, _ pasid: PASID,
    _ route: inout RequestRoute?
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
    if route == nil {
      switch translation(of: device.requester, pasid, on: device.iommu) {
      case .space(let space):
        route = self.route(to: space, device, pasid)
      case .nothing:
        statistics.blocked &+= 1
        return .blocked
      case .bare: return .untranslated
      }
    }
    guard var route else { return .blocked }
    var request = request
    if let halves = route.halves,
      !choose(from: halves, for: &request, &route.requester)
    {
      statistics.notPresent &+= 1
      return .notPresent(level: configuration.architecture.levels)
    }
    if let (leaf, level) = findLeaf(request.address, route),
      isUsable(leaf, for: request)
    {
      statistics.cacheHits &+= 1
      keep(leaf, level, request, device, pasid)
      return use(leaf, level: level, request, route.requester, from: .iotlb)
    }
    statistics.walks &+= 1
    let result = walk(request, by: route.requester, in: route.caches)
    switch result {
    case .reached:
      if let (leaf, level) = findLeaf(request.address, route) {
        keep(leaf, level, request, device, pasid)
      }
    case .notPresent: statistics.notPresent &+= 1
    case .refused: statistics.refusals &+= 1
    case .blocked, .untranslated: break
    }
    return result
  }

  private func route(
    to space: SimulatedIOMMU.Space, _ device: Device, _ pasid: PASID
  ) -> RequestRoute {
    RequestRoute(
      requester: Requester(
        walker: .iommu(device.iommu), pasid: pasid, tag: space.tag,
        globalTag: globalTagOfIOMMUs, root: space.root,
        rootGeneration: space.rootGeneration, updatesBits: space.updatesBits),
      caches: iommus[device.iommu].translations, halves: space.halves)
  }

  /// Sets out from the root of the half that a request is for; false if that is
  /// not walked.
  private func choose(
    from halves: SimulatedIOMMU.Halves, for request: inout Request,
    _ requester: inout Requester
  ) -> Bool {
    if halves.isPrivileged { request.isUser = false }
    requester.marksTables = configuration.smmu.marksTables
    guard AArch64FourKiB.kernelHalf.contains(request.address) else {
      // Leaves of a user half are not global.
      requester.globalTag = nil
      return halves.walksUser
    }
    requester.tag = halves.kernelTag
    requester.root = halves.kernelRoot
    requester.rootGeneration = halves.kernelGeneration
    return halves.walksKernel
  }

  /// The tag of global leaves: VT-d makes no difference.
  private var globalTagOfIOMMUs: UInt32? {
    configuration.architecture == .x86 ? nil : SimulatedCPU.globalTag
  }

  /// The leaf that an IOMMU cached of the requester's space, or a global one.
  @inline(__always)
  private func findLeaf(
    _ address: VirtualAddress, _ route: RequestRoute
  ) -> (entry: CachedEntry, level: Int)? {
    if let found = route.caches.findLeaf(route.requester.tag, address) {
      return found
    }
    return route.requester.globalTag.flatMap {
      route.caches.findLeaf($0, address)
    }
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
  ///
  /// Nothing else happens meanwhile: the way to the tables of each device's
  /// work stays the same, and what the requests are drawn from is taken out of
  /// the machine while they are.
  func serveRequests(before time: UInt64) {
    guard requests.next < time else { return }
    var draw = RequestDraw(
      clock: requests, places: places, work: work, kernel: kernelAreas,
      user: userAreas)
    kernelAreas = AreaSet()
    userAreas = UserAreas()
    var routes = [RequestRoute?](repeating: nil, count: work.count)
    while draw.clock.next < time {
      now = draw.clock.next
      if !work.isEmpty { issueRequest(&draw, &routes) }
      draw.clock.advance()
    }
    requests = draw.clock
    places = draw.places
    kernelAreas = draw.kernel
    userAreas = draw.user
  }

  /// Issues one request, for a place that chance picks.
  @inline(__always)
  private func issueRequest(
    _ draw: inout RequestDraw, _ routes: inout [RequestRoute?]
  ) {
    let number = draw.nextJob()
    let dice = draw.places.next()
    let isUserPlace = dice &>> 11 < userThreshold
    guard let address = draw.place(of: number, isUserPlace, at: now) else {
      statistics.skippedRequests &+= 1
      return
    }
    _ = access(
      Request(
        address: address, isWrite: dice & 1 != 0,
        isUser: !configuration.supervisorRequests),
      by: draw.work[number].device, draw.work[number].pasid, &routes[number])
  }
}
