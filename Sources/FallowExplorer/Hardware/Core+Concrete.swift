// SPDX-License-Identifier: Apache-2.0

/// Walkers that fill, evict and walk step by step.
///
/// The sets are the same as those of a walker that holds all it could; here
/// each holds at most one frame for a place, and a walk under way is the one
/// frame in the old set.
extension Core {
  /// Whether the first descriptor of a queue can be carried out: a wait that
  /// drains waits for walks.
  func canCarryOut(on iommu: Int) -> Bool {
    let command = nextDescriptor(on: iommu)
    guard mode == .concrete, rules.waitDrains, command.kind == .wait else {
      return command.kind != .none
    }
    for pasid in 0..<layout.roots {
      let old = layout.set(
        of: layout.walker(iommu: iommu, pasid: pasid), old: true)
      for index in 0..<layout.setWords where cells[old + index] != 0 {
        return false
      }
    }
    return true
  }

  /// A step of a walker; false if it is not possible now.
  mutating func walkerAct(_ action: Action) -> Bool {
    let walker = action.actor
    let place = action.move
    treeChanged = true
    let isCPU = layout.isCPU(walker)
    let isDevice = !isCPU && walker > layout.iommus * layout.roots
    if isCPU, !isWalking(cpuWalker: walker) {
      return action.kind == .evict && evict(walker, place)
    }
    if !isCPU, !isDevice,
      !isLive(
        (walker - 1) % layout.roots, on: (walker - 1) / layout.roots)
    {
      return action.kind == .evict && evict(walker, place)
    }
    switch action.kind {
    case .fill:
      return isDevice
        ? fillDevice(walker, place)
        : fill(walker, place, isFromMemory: action.choice == 1)
    case .evict: return evict(walker, place)
    case .walk: return !isDevice && !isCPU && beginWalk(walker, place)
    case .step:
      return !isDevice && !isCPU
        && stepWalk(
          walker, place, isFromMemory: action.choice == 1)
    default: return false
    }
  }

  /// Reads the entry at `place` of the table that the walker has for the place
  /// above, and keeps what it says.
  private func fill(
    _ walker: Int, _ place: Int, isFromMemory: Bool
  ) -> Bool {
    let set = layout.set(of: walker, old: false)
    let above = layout.parent(of: place)
    let holders = above == 0 ? 1 : cells[set, byte: tableByte(above)]
    guard holders != 0 else { return false }
    let holder = holders.trailingZeroBitCount
    let cell = layout.entry(holder, (place - 1) % layout.entriesPerTable)
    if isFromMemory, layout.iommusSnoop || layout.isCPU(walker) { return false }
    let entry = cells[isFromMemory ? layout.inMemory(ofEntryAt: cell) : cell]
    guard entry & TinyEntry.present != 0 else { return false }
    let byte: Int
    let value: UInt8
    if entry & TinyEntry.leaf != 0 {
      byte = leafByte(place)
      value = leafBit(walker, holder, of: entry)
      if cells[set, byte: byte] != value || layout.keepsRights {
        dropRights(at: place, of: walker, keepsOld: false)
        noteRights(of: entry, at: place, walker, old: false)
        cells[set, byte: byte] = value
        return true
      }
    } else {
      guard place <= layout.tablePlaces, let child = table(in: entry) else {
        return false
      }
      byte = tableByte(place)
      value = 1 << UInt8(child)
    }
    guard cells[set, byte: byte] != value else { return false }
    cells[set, byte: byte] = value
    return true
  }

  /// A device asks, and is answered from the IOMMU's leaves.
  private func fillDevice(_ device: Int, _ place: Int) -> Bool {
    let walker = device - layout.iommus * layout.roots
    let leaf = cells[layout.set(of: walker, old: false), byte: leafByte(place)]
    let set = layout.set(of: device, old: false)
    guard leaf != 0, cells[set, byte: leafByte(place)] != leaf else {
      return false
    }
    cells[set, byte: leafByte(place)] = leaf
    copyRights(from: walker, to: device)
    return true
  }

  private func evict(_ walker: Int, _ place: Int) -> Bool {
    let set = layout.set(of: walker, old: false)
    var held = cells[set, byte: leafByte(place)]
    cells[set, byte: leafByte(place)] = 0
    dropRights(at: place, of: walker, keepsOld: false)
    if place <= layout.tablePlaces {
      held |= cells[set, byte: tableByte(place)]
      cells[set, byte: tableByte(place)] = 0
    }
    return held != 0
  }

  private func isWalking(_ old: Int) -> Bool {
    (0..<layout.setWords).contains { cells[old + $0] != 0 }
  }

  /// A walk begins at a table that the walker caches; one at a time.
  private func beginWalk(_ walker: Int, _ place: Int) -> Bool {
    guard place <= layout.tablePlaces else { return false }
    let old = layout.set(of: walker, old: true)
    let held =
      cells[layout.set(of: walker, old: false), byte: tableByte(place)]
    guard held != 0, !isWalking(old) else { return false }
    cells[old, byte: tableByte(place)] = held
    return true
  }

  /// The walk reads the entry that leads to `place` and goes there, or ends.
  private func stepWalk(
    _ walker: Int, _ place: Int, isFromMemory: Bool
  ) -> Bool {
    let old = layout.set(of: walker, old: true)
    let above = layout.parent(of: place)
    guard above != 0, cells[old, byte: tableByte(above)] != 0 else {
      return false
    }
    let holder = cells[old, byte: tableByte(above)].trailingZeroBitCount
    let cell = layout.entry(holder, (place - 1) % layout.entriesPerTable)
    let entry = cells[isFromMemory ? layout.inMemory(ofEntryAt: cell) : cell]
    clear(walker, old: true)
    if entry & TinyEntry.present != 0, place <= layout.tablePlaces,
      let child = table(in: entry)
    {
      cells[old, byte: tableByte(place)] = 1 << UInt8(child)
    }
    return true
  }
}
