// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What walkers hold, as sets: for each place of the tree the frames that a
/// walker may take for the table there, and for each place that can be a leaf
/// the frames from which such a leaf was read.
///
/// Software never sees what a cache holds, only that an invalidation is done.
/// So a walker that holds all it could hold can do all that any walker could:
/// the search needs no steps for filling and evicting.
extension Core {
  // A set's bytes: tables of places 1..., then leaves of places 1...
  @inline(__always)
  func tableByte(_ place: Int) -> Int { place - 1 }

  @inline(__always)
  func leafByte(_ place: Int) -> Int { layout.tablePlaces + place - 1 }

  /// Whether an IOMMU lets a device walk under a PASID: its PASID cache may
  /// hold the entry.
  func isLive(_ pasid: Int, on iommu: Int) -> Bool {
    cells[Layout.livePASIDs] >> UInt64(iommu * layout.roots + pasid) & 1 != 0
  }

  /// Writes the PASID's entry.
  ///
  /// A present one may be cached from then on; what
  /// is cached stays until it is invalidated.
  func setPresent(_ pasid: Int, on iommu: Int, _ isPresent: Bool) {
    let bit: UInt64 = 1 << UInt64(iommu * layout.roots + pasid)
    if isPresent {
      cells.setBits(bit | bit << 32, at: Layout.livePASIDs)
    } else {
      cells.clearBits(bit << 32, at: Layout.livePASIDs)
    }
  }

  /// The PASID cache forgets an entry, and reads it anew if it is present.
  func forgetEntry(of pasid: Int, on iommu: Int) {
    let bit: UInt64 = 1 << UInt64(iommu * layout.roots + pasid)
    if cells[Layout.livePASIDs] & bit << 32 == 0 {
      cells.clearBits(bit, at: Layout.livePASIDs)
    }
  }

  /// Lets every walker hold all that it can reach.
  func walkEverywhere() {
    if layout.cpusWalk { walkByCPUs() }
    for iommu in 0..<layout.iommus {
      for pasid in 0..<layout.roots {
        let walker = layout.walker(iommu: iommu, pasid: pasid)
        walk(walker, from: isLive(pasid, on: iommu) ? 1 : 0, old: false)
        walk(walker, from: 0, old: true)
        if layout.hasDeviceTLBs {
          // A device asks for translations, and the IOMMU answers from leaves.
          let set = layout.set(of: walker, old: false)
          let tlb = layout.deviceTLB(iommu: iommu, pasid: pasid)
          let device = layout.set(of: tlb, old: false)
          copyRights(from: walker, to: tlb)
          for place in 1...layout.places {
            cells[device, byte: leafByte(place)] |=
              cells[set, byte: leafByte(place)]
          }
        }
      }
    }
  }

  /// What a walker's set keeps of a leaf: the table that it was read from,
  /// which a CPU does not look at again; of a CPU's where it leads, if that is
  /// kept.
  @inline(__always)
  func leafBit(_ walker: Int, _ table: Int, of entry: UInt64) -> UInt8 {
    if !layout.isCPU(walker) { return 1 << UInt8(table) }
    return layout.keepsTranslations ? HeldLeaf(entry).bit : 1
  }

  func walk(_ walker: Int, from root: UInt8, old: Bool) {
    let set = layout.set(of: walker, old: old)
    var place = 0
    while place <= layout.tablePlaces {
      var frames = place == 0 ? root : cells[set, byte: tableByte(place)]
      while frames != 0 {
        let frame = frames.trailingZeroBitCount
        frames &= frames &- 1
        for index in 0..<layout.entriesPerTable {
          let cell = layout.entry(frame, index)
          let below = layout.child(of: place, index)
          read(cells[cell], of: frame, at: below, by: walker, set, old: old)
          // Guard: iommus-read-memory
          if !layout.iommusSnoop, !layout.isCPU(walker) {
            let entry = cells[layout.inMemory(ofEntryAt: cell)]
            read(entry, of: frame, at: below, by: walker, set, old: old)
          }
        }
      }
      place += 1
    }
  }

  /// A walker reads an entry of a table, and keeps what it says of a place.
  @inline(__always)
  private func read(
    _ entry: UInt64, of frame: Int, at place: Int, by walker: Int, _ set: Int,
    old: Bool
  ) {
    if entry & TinyEntry.present == 0 {
      if layout.isCPU(walker) { noteAbsence(at: place) }
    } else if entry & TinyEntry.leaf != 0 {
      cells[set, byte: leafByte(place)] |= leafBit(walker, frame, of: entry)
      noteRights(of: entry, at: place, walker, old: old)
    } else if place <= layout.tablePlaces, let child = table(in: entry) {
      cells[set, byte: tableByte(place)] |= 1 << UInt8(child)
    }
  }

  func clear(_ walker: Int, old: Bool) {
    let set = layout.set(of: walker, old: old)
    for index in 0..<layout.setWords { cells[set + index] = 0 }
    clearRights(of: walker, old: old)
  }

  // MARK: Commands

  /// The IOMMU carries out the first descriptor of its queue.
  mutating func carryOutNext(on iommu: Int) {
    let command = nextDescriptor(on: iommu)
    treeChanged = true
    carriedOut[Int(command.kind.rawValue)] += 1
    if !takesEffect(command.kind) { return removeFirst(from: iommu) }
    switch command.kind {
    case .invalid: return stopAtInvalidCommand()
    case .none, .otherStage: break
    case .order: endDroppingEntries(on: iommu)
    case .pasidEntry: forgetEntries(command, on: iommu)
    case .pasid:
      for pasid in pasids(of: command) {
        dropAll(of: pasid, on: iommu, leaves: dropsGlobalLeaves(command))
      }
    case .everything:
      for pasid in 0..<layout.roots {
        forgetEntry(of: pasid, on: iommu)
        dropAll(of: pasid, on: iommu, leaves: true)
      }
    case .range:
      for pasid in pasids(of: command) {
        dropRange(command, of: layout.walker(iommu: iommu, pasid: pasid))
      }
    case .deviceRange:
      let device = layout.deviceTLB(iommu: iommu, pasid: command.pasid)
      for place in 1...layout.places {
        drop(
          place, of: device, tables: false,
          leaves: covers(command.pages, place, .overlapping))
      }
    case .wait:
      endDroppingEntries(on: iommu)
      if rules.waitDrains { drain(iommu) }
      if layout.readsMemory {
        completeWait(command.ticket)
      } else {
        setTicket(.done, command.ticket, on: iommu)
      }
      happened |= CoverageGoal.invalidated.bit
    }
    removeFirst(from: iommu)
  }

  /// Whether an IOMMU may fail in this state.
  var mayFailNow: Bool {
    mayFail && cells[Layout.flags] & Self.hasFailed == 0
  }

  /// A flag of the machine, kept where IOMMUs fail once at most.
  private static let hasFailed: UInt64 = 1 << 24

  /// An IOMMU fails.
  mutating func fail(_ iommu: Int) {
    failures += 1
    if failsOnce { cells.setBits(Self.hasFailed, at: Layout.flags) }
    failQueue(of: iommu)
  }

  /// All waits of a queue fail, and what was before them is not done.
  ///
  /// So does the next ticket if something comes after the last wait, unless the
  /// failure is forgotten.
  mutating func failQueue(of iommu: Int) {
    if layout.readsMemory { return timeOut() }
    undoUndrained(on: iommu)
    while queueCount(iommu) > 0 {
      let command = descriptor(0, on: iommu)
      if command.kind == .wait {
        happened |= CoverageGoal.failed.bit
        setTicket(.failed, command.ticket, on: iommu)
      } else if queueCount(iommu) == 1, !forgetsFailures {
        setVoid(iommu)
      }
      removeFirst(from: iommu)
    }
  }

  func dropOfTables(_ command: QueueDescriptor) -> CacheRules.Drop {
    command.leavesOnly ? rules.leafRangeDropsTables : rules.rangeDropsTables
  }

  func covers(
    _ pages: Range<Int>, _ place: Int, _ drop: CacheRules.Drop
  ) -> Bool {
    let covered = layout.pages(of: place)
    return switch drop {
    case .nothing: false
    case .everything: true
    case .overlapping: pages.overlaps(covered)
    case .withinSize:
      pages.overlaps(covered) && covered.count <= pages.count
    }
  }

  /// Whether a command drops the leaves that it means although they are
  /// global: the tree is a kernel half, and all its leaves are.
  private func dropsGlobalLeaves(_ command: QueueDescriptor) -> Bool {
    command.isOfEveryPASID
      || !(command.kind == .range
        ? rules.namedRangeSparesGlobals : rules.namedSpaceSparesGlobals)
  }

  private func dropRange(_ command: QueueDescriptor, of walker: Int) {
    let tables = dropOfTables(command)
    let leaves =
      dropsGlobalLeaves(command) ? rules.rangeDropsLeaves : .nothing
    for place in 1...layout.places {
      drop(
        place, of: walker,
        tables: covers(command.pages, place, tables),
        leaves: covers(command.pages, place, leaves))
    }
  }

  private func dropAll(of pasid: Int, on iommu: Int, leaves: Bool) {
    let walker = layout.walker(iommu: iommu, pasid: pasid)
    for place in 1...layout.places {
      drop(place, of: walker, tables: true, leaves: leaves)
    }
  }

  /// What is dropped stays with the walks that already used it; where walkers
  /// go step by step, those are known.
  func drop(
    _ place: Int, of walker: Int, tables: Bool, leaves: Bool,
    keepsOld: Bool = true
  ) {
    let keepsOld = keepsOld && (mode == .mayHold || layout.isCPU(walker))
    let set = layout.set(of: walker, old: false)
    let old = layout.set(of: walker, old: true)
    if tables && place <= layout.tablePlaces {
      if keepsOld {
        cells[old, byte: tableByte(place)] |= cells[set, byte: tableByte(place)]
      }
      cells[set, byte: tableByte(place)] = 0
    }
    if leaves {
      dropRights(at: place, of: walker, keepsOld: keepsOld)
      if keepsOld {
        cells[old, byte: leafByte(place)] |= cells[set, byte: leafByte(place)]
      }
      cells[set, byte: leafByte(place)] = 0
    }
  }

  private func drain(_ iommu: Int) {
    for pasid in 0..<layout.roots {
      clear(layout.walker(iommu: iommu, pasid: pasid), old: true)
      if layout.hasDeviceTLBs {
        clear(layout.deviceTLB(iommu: iommu, pasid: pasid), old: true)
      }
    }
  }
}
