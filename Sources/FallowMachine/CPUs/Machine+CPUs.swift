// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// What CPUs do with their tables.
extension Machine {
  /// Lets a CPU load (or store to) a virtual address.
  ///
  /// A CPU in user mode is refused what only the kernel may reach.
  ///
  /// - Parameters:
  ///   - cpu: The number of the CPU.
  ///   - address: The virtual address.
  ///   - isWrite: Whether it is a store.
  ///   - isUser: Whether it is made with user privilege.
  /// - Returns: What the access came to.
  public func cpuAccess(
    _ cpu: Int, _ address: VirtualAddress, isWrite: Bool, isUser: Bool = false
  ) -> AccessResult {
    statistics.cpuAccesses += 1
    let state = cpus[cpu]
    precondition(state.root != .none, "CPU \(cpu) is in no address space")
    let request = Request(address: address, isWrite: isWrite, isUser: isUser)
    let requester = Requester(
      walker: .cpu(cpu), pasid: PASID(UInt32(state.pcid)),
      tag: UInt32(state.pcid), globalTag: SimulatedCPU.globalTag,
      root: state.root, rootGeneration: state.rootGeneration)
    for tag in [requester.tag, SimulatedCPU.globalTag] {
      if let (leaf, level) = state.caches.findLeaf(tag, address),
        Self.isUsable(leaf, for: request)
      {
        return use(leaf, level: level, request, requester, from: .iotlb)
      }
    }
    let page = CacheKey(tag: requester.tag, address: address, level: 1)
    if state.absentPages.contains(page.rawValue) {
      return .notPresent(level: 1)
    }
    statistics.cpuWalks += 1
    let result = walk(request, by: requester, in: state.caches)
    if case .notPresent = result, configuration.cachesNotPresent {
      cpus[cpu].absentPages.insert(page.rawValue)
    }
    return result
  }

  /// What the platform does for entries that became present: the CPU that made
  /// them forgets that they were not.
  ///
  /// Another CPU that cached so takes a fault, and flushes the page in its
  /// handler.
  func publish(_ range: VirtualRange) {
    if !range.isEmpty { cpus[currentCPU].forgetAbsence(of: PageWindow(range)) }
    record(.published(range))
  }

  /// Whether a cached leaf answers a request, or has to be looked up again:
  /// for rights that may have been granted since, or for the dirty bit.
  @inline(__always)
  static func isUsable(_ leaf: CachedEntry, for request: Request) -> Bool {
    allows(leaf.flags, request)
      && (!request.isWrite || leaf.flags & CachedEntry.Flag.dirty != 0)
  }

  /// Lets a CPU go on in the address space with that root, under that PCID (12
  /// bits).
  ///
  /// It forgets nothing, as when bit 63 of CR3 is written as 1.
  ///
  /// - Parameters:
  ///   - cpu: The number of the CPU.
  ///   - root: The root table of the space.
  ///   - pcid: The tag of its translations.
  public func switchAddressSpace(cpu: Int, root: FrameNumber, pcid: UInt16) {
    precondition(pcid < 1 << 12, "a PCID has 12 bits")
    cpus[cpu].root = root
    cpus[cpu].rootGeneration = ledger.status(of: root).generation
    cpus[cpu].pcid = pcid
  }

  /// Makes a CPU forget what it cached under a PCID, global leaves excepted:
  /// INVPCID of a single context.
  ///
  /// - Parameters:
  ///   - cpu: The number of the CPU.
  ///   - pcid: The tag of the translations to drop.
  public func flushPCID(cpu: Int, pcid: UInt16) {
    cpus[cpu].flush(pcid: pcid)
  }

  /// Makes a CPU forget leaves of a range, and every pointer to a table, in
  /// its current address space: INVLPG for each page.
  ///
  /// Global leaves of the range go too; what is cached under other PCIDs
  /// stays.
  ///
  /// - Parameters:
  ///   - cpu: The number of the CPU.
  ///   - range: The virtual addresses.
  public func invalidatePages(cpu: Int, _ range: VirtualRange) {
    cpus[cpu].invalidatePages(range)
  }

  /// What the platform promises the library: every CPU forgets what it cached
  /// of a range, under whatever PCID.
  func flushCPUs(_ range: VirtualRange) {
    for cpu in cpus.indices {
      cpus[cpu].invalidatePages(range)
      // As Linux does with the address spaces that a CPU is not in.
      cpus[cpu].flushOtherPCIDs()
    }
    for number in iommus.indices { hearBroadcast(range, number) }
    record(.flushed(range))
  }
}
