// SPDX-License-Identifier: Apache-2.0

import Fallow

/// A walk in progress: where it is, and how it came there.
private struct Walk {
  var table: FrameNumber
  var generation: UInt32
  var level: Int
  var rights: UInt8
  var source: TranslationSource

  // What the statistics have counted of this walk.
  var hasRead = false
  var hasWritten = false
  var isFirstStale = false
  var sawQuarantined = false
}

/// How walkers go through tables.
///
/// An entry that leads nowhere ends a walk. Rights are those that the entries
/// of all levels allow, and they are judged at the leaf: a request of user
/// privilege goes down to the leaf of a kernel mapping and is refused there.
/// What it used on the way is cached and marked accessed all the same; the
/// leaf is marked, and cached, only if it allows the request.
extension Machine {
  /// Walks for a request, as far down as cached pointers let it begin.
  func walk(
    _ request: Request, by requester: Requester, in caches: WalkerCaches
  ) -> AccessResult {
    switch configuration.architecture {
    case .x86: walk(X86FourLevel.self, request, requester, caches)
    case .riscvSv39: walk(RISCVSv39.self, request, requester, caches)
    case .riscvSv48: walk(RISCVSv48.self, request, requester, caches)
    case .aarch64: walk(AArch64FourKiB.self, request, requester, caches)
    }
  }

  private func walk<Format: WalkedFormat>(
    _ format: Format.Type, _ request: Request, _ requester: Requester,
    _ caches: WalkerCaches
  ) -> AccessResult {
    var walk = start(format, request, requester, caches)
    while true {
      let status = ledger.status(of: walk.table)
      let isStale =
        status.generation != walk.generation || !status.isTable
      let word = Format.index(of: request.address, level: walk.level)
      let entry = memory.load(word, of: walk.table)
      if isStale {
        noteStaleRead(entry, &walk, request, requester)
      } else if status.isQuarantined && !walk.sawQuarantined {
        walk.sawQuarantined = true
        statistics.walksThroughQuarantined &+= 1
      }
      guard Format.isPresent(entry) else {
        return .notPresent(level: walk.level)
      }
      walk.rights &= Format.rights(of: entry, level: walk.level)
      if Format.isLeaf(entry, level: walk.level) {
        let marked = Format.marked(entry, isWrite: request.isWrite)
        // On x86-64 bit 7 is reserved in a table of level 4.
        guard walk.level <= Format.maxLeafLevel,
          Self.allows(walk.rights, request),
          requester.updatesBits || marked == entry
        else { return .refused(level: walk.level) }
        set(marked, in: word, holding: entry, isStale, &walk)
        let leaf = leaf(format, of: marked, walk, request)
        let tag =
          Format.attributes(of: entry, level: walk.level)
            .contains(.global) ? requester.globalTag : nil
        caches.insertLeaf(
          leaf, tag ?? requester.tag, request.address, level: walk.level)
        return use(
          leaf, level: walk.level, request, requester, from: walk.source)
      }
      if Format.marksTables(requester) {
        set(
          Format.marked(entry, isWrite: false), in: word, holding: entry,
          isStale, &walk)
      }
      let next = FrameNumber(
        containing: Format.address(in: entry, level: walk.level))
      let pointer = CachedEntry(
        frame: next, generation: ledger.status(of: next).generation,
        region: -1, flags: walk.rights)
      if configuration.cachesStructures {
        caches.structures(walk.level).insert(
          pointer,
          for: CacheKey(
            tag: requester.tag, address: request.address, level: walk.level))
      }
      walk.table = next
      walk.generation = pointer.generation
      walk.level &-= 1
      walk.source = .memory
    }
  }

  /// The lowest table that a cached pointer leads to, or the root.
  private func start<Format: WalkedFormat>(
    _ format: Format.Type, _ request: Request, _ requester: Requester,
    _ caches: WalkerCaches
  ) -> Walk {
    for level in 2...Format.levels {
      let key = CacheKey(
        tag: requester.tag, address: request.address, level: level)
      if let pointer = caches.structures(level).find(key) {
        return Walk(
          table: pointer.frame, generation: pointer.generation,
          level: level &- 1, rights: pointer.flags,
          source: .pagingStructure(level: level))
      }
    }
    return Walk(
      table: requester.root, generation: requester.rootGeneration,
      level: Format.levels,
      rights: CachedEntry.Flag.user | CachedEntry.Flag.writable,
      source: .memory)
  }

  /// Replaces an entry by what a walker leaves, in one step, if it differs.
  @inline(__always)
  private func set(
    _ marked: UInt64, in word: Int, holding entry: UInt64, _ isStale: Bool,
    _ walk: inout Walk
  ) {
    if marked == entry { return }
    memory.store(marked, to: word, of: walk.table)
    if isStale { noteStaleWrite(&walk) }
  }

  /// What a leaf is cached as.
  private func leaf<Format: WalkedFormat>(
    _ format: Format.Type, of entry: UInt64, _ walk: Walk, _ request: Request
  ) -> CachedEntry {
    let frame = FrameNumber(
      containing: Format.address(in: entry, level: walk.level))
    var region = -1
    if walk.level == 1, let index = data.index(of: frame) { region = index }
    return CachedEntry(
      frame: frame, generation: walk.generation, region: Int32(region),
      flags: walk.rights
        | (Format.isDirty(entry) ? CachedEntry.Flag.dirty : 0))
  }

  /// Accesses what a leaf of `level` leads to.
  @inline(__always)
  func use(
    _ leaf: CachedEntry, level: Int, _ request: Request,
    _ requester: Requester, from source: TranslationSource
  ) -> AccessResult {
    let span = X86FourLevel.span(of: level)
    let address =
      leaf.frame.address + request.address.rawValue & (span &- 1)
    // A larger leaf may cover several regions.
    let region =
      level == 1
      ? Int(leaf.region)
      : data.index(of: FrameNumber(containing: address)) ?? -1
    if region >= 0 && data.isFreed(region) {
      noteStaleAccess(
        to: FrameNumber(containing: address), region: region, level: level,
        request, requester, from: source)
    }
    return .reached(address)
  }

  @inline(__always)
  static func allows(_ rights: UInt8, _ request: Request) -> Bool {
    (!request.isUser || rights & CachedEntry.Flag.user != 0)
      && (!request.isWrite || rights & CachedEntry.Flag.writable != 0)
  }
}

/// How stale uses are counted, and the first of each kind kept.
extension Machine {
  @inline(never)
  private func noteStaleRead(
    _ entry: UInt64, _ walk: inout Walk, _ request: Request,
    _ requester: Requester
  ) {
    if walk.hasRead { return }
    walk.hasRead = true
    statistics.staleReads += 1
    if firstStaleWalk != nil { return }
    walk.isFirstStale = true
    let then = ledger.table(walk.table, in: walk.generation)
    firstStaleWalk = StaleUse(
      time: now, walker: requester.walker, pasid: requester.pasid,
      address: request.address, level: walk.level, cache: walk.source,
      frame: walk.table, entry: entry, isWrite: false,
      ownerThen: then.map(FrameOwner.table) ?? .free,
      ownerNow: ledger.owner(of: walk.table), quarantine: then?.quarantine)
  }

  @inline(never)
  private func noteStaleWrite(_ walk: inout Walk) {
    if walk.hasWritten { return }
    walk.hasWritten = true
    statistics.staleWrites += 1
    if walk.isFirstStale, walk.table == firstStaleWalk?.frame {
      firstStaleWalk?.isWrite = true
    }
  }

  @inline(never)
  private func noteStaleAccess(
    to frame: FrameNumber, region: Int, level: Int, _ request: Request,
    _ requester: Requester, from source: TranslationSource
  ) {
    // What a CPU does with memory is not watched.
    guard case .iommu = requester.walker else { return }
    statistics.staleAccesses += 1
    if firstStaleAccess != nil { return }
    let record = data[region]
    let owner = record.map(FrameOwner.data) ?? .free
    firstStaleAccess = StaleUse(
      time: now, walker: requester.walker, pasid: requester.pasid,
      address: request.address, level: level, cache: source, frame: frame,
      entry: nil, isWrite: request.isWrite, ownerThen: owner,
      ownerNow: record?.nextOwner.map(FrameOwner.nextOwner) ?? .free,
      quarantine: nil)
  }
}
