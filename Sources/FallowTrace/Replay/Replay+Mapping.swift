// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine

/// What the recording maps and unmaps.
extension Replay {
  /// Maps small leaves: `vmap`.
  func map(_ start: UInt64, _ end: UInt64) {
    guard LeafPieces.areFew(start: start, end: end, phys: 0, shift: 12),
      let range = Self.kernelRange(start, end),
      let data = allocateData(frames: range.size >> 12)
    else { return leaveOut() }
    clear(range)
    if mapLeaves(range, to: data.address, maxLeafLevel: 1) {
      appear(range, data: data)
    } else {
      machine.freeData(data)
    }
  }

  /// Maps the largest leaves that Linux would: `vmap_phys`.
  ///
  /// Where a table stands in a leaf's way the recording says when it goes; the
  /// leaf waits for it.
  ///
  /// What the recording only implies was mapped before it began.
  func mapPhysical(
    _ start: UInt64, _ end: UInt64, phys: UInt64, shift: Int,
    isImplied: Bool = false
  ) {
    // As far from the alignment of the largest leaf as the recorded address.
    let largest = X86FourLevel.span(of: LeafPieces.maxLevel(shift: shift))
    guard LeafPieces.areFew(start: start, end: end, phys: phys, shift: shift),
      let range = Self.kernelRange(start, end),
      let data = allocateData(frames: (range.size + largest) >> 12)
    else { return leaveOut() }
    clear(range)
    let base = data.address + (phys & (largest - 1) & ~4095)
    for piece in LeafPieces(
      start: range.start.rawValue, end: range.start.rawValue &+ range.size,
      phys: phys & ~4095, shift: shift)
    {
      let to = base + piece.offset
      if piece.level > 1,
        entryKind(of: piece.range, level: piece.level) == .table
      {
        waitingLeaves[piece.range.start.rawValue] = WaitingLeaf(
          range: piece.range, address: to, level: piece.level)
      } else if !mapLeaves(piece.range, to: to, maxLeafLevel: piece.level) {
        dropWaitingLeaves(in: range)
        unmapLeaves(range)
        machine.freeData(data)
        return
      }
    }
    appear(range, data: data, isImplied: isImplied)
  }

  /// Unmaps what the replay has mapped in a range, and keeps the tables.
  func unmap(_ start: UInt64, _ end: UInt64) {
    if let range = Self.kernelRange(start, end) { clear(range) }
  }

  /// Unmaps the area that begins at `start`.
  func unmapArea(at start: UInt64) {
    if let area = areas.area(at: VirtualAddress(start)) { clear(area.range) }
  }

  /// Maps plugged memory into the direct map.
  func plug(_ start: UInt64, _ end: UInt64) {
    guard let base = directMap.address else { return }
    mapBlock(base &+ start, base &+ end)
  }

  /// Maps a block of memory by leaves of 2 MiB.
  func mapBlock(_ start: UInt64, _ end: UInt64) {
    mapPhysical(start, end, phys: start, shift: 21)
  }

  /// Takes away what the replay has mapped in `range`.
  func clear(_ range: VirtualRange) {
    for area in areas.remove(overlapping: range) {
      machine.areaVanished(area.range)
      remember(area)
      dropWaitingLeaves(in: area.range)
      unmapLeaves(area.range)
      machine.freeData(area.data)
    }
  }

  private func remember(_ area: MappedAreas.Area) {
    vanished.append(
      (area, MachineMoment(time: machine.now, actor: machine.actor)))
    // Enough for all that can vanish while devices still ask for it.
    if vanished.count > 2_048 { vanished.removeFirst(1_024) }
  }

  private func dropWaitingLeaves(in range: VirtualRange) {
    guard !waitingLeaves.isEmpty else { return }
    waitingLeaves = waitingLeaves.filter {
      !range.contains(VirtualAddress($0.key))
    }
  }

  private func appear(
    _ range: VirtualRange, data: FrameNumber, isImplied: Bool = false
  ) {
    let now = MachineMoment(time: machine.now, actor: machine.actor)
    areas.insert(
      .init(range: range, data: data, mapped: isImplied ? nil : now))
    machine.areaAppeared(range)
  }

  /// Takes note that something of the recording cannot be replayed.
  func leaveOut() {
    log.leftOut += 1
  }

  /// Leaf frames for a mapping; nil if physical addresses have run out, which
  /// are never used again.
  private func allocateData(frames: UInt64) -> FrameNumber? {
    // The alignment takes up to as much again, or a largest leaf.
    let taken = frames + min(frames, 1 << 18)
    guard taken <= dataFramesLeft else { return nil }
    dataFramesLeft -= taken
    return machine.allocateData(frames: Int(frames))
  }

  /// What the entry of a table of `level` at `address` covers, or nil if the
  /// address does not lie in the kernel half.
  static func stretch(at address: UInt64, level: Int) -> VirtualRange? {
    let span = X86FourLevel.span(of: level)
    let start = address & ~(span - 1)
    let range = VirtualRange(start: VirtualAddress(start), size: span)
    guard level > 1, level <= Space.topLevel,
      Space.addresses.contains(range.start)
    else { return nil }
    return range
  }

  /// Whole pages of the kernel half from `start` to `end`, or nil if it is not
  /// that.
  static func kernelRange(_ start: UInt64, _ end: UInt64) -> VirtualRange? {
    let first = start & ~4095
    guard end > start else { return nil }
    let size = (end &- first &+ 4095) & ~4095
    let range = VirtualRange(start: VirtualAddress(first), size: size)
    guard Space.addresses.contains(range.start),
      Space.addresses.contains(range.last)
    else { return nil }
    return range
  }
}
