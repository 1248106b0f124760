internal import Fallow
internal import FallowMachine

/// What the recording maps and unmaps.
extension Replay {
  /// Maps small leaves: `vmap`.
  func map(_ start: UInt64, _ end: UInt64) {
    guard let range = Self.kernelRange(start, end) else { return }
    clear(range)
    let data = machine.allocateData(frames: Int(range.size >> 12))
    expect(
      kernel.map(
        range, to: data.address, attributes: .kernelData, maxLeafLevel: 1))
    appear(range, data: data)
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
    guard let range = Self.kernelRange(start, end) else { return }
    clear(range)
    // As far from an alignment to 1 GiB as the recorded address is.
    let giant = X86FourLevel.span(of: 3)
    let data = machine.allocateData(frames: Int((range.size + giant) >> 12))
    let base = data.address + (phys & (giant - 1))
    for piece in LeafPieces(start: start, end: end, phys: phys, shift: shift) {
      let to = base + piece.offset
      if piece.level > 1 && hasTable(at: piece.range.start, level: piece.level)
      {
        waitingLeaves[piece.range.start.rawValue] = WaitingLeaf(
          range: piece.range, address: to, level: piece.level)
      } else {
        expect(
          kernel.map(
            piece.range, to: to, attributes: .kernelData,
            maxLeafLevel: piece.level))
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

  /// Whether the entry of a table of `level` at `address` points to a table.
  func hasTable(at address: VirtualAddress, level: Int) -> Bool {
    kernel.shape(at: address, level: level) == .table
  }

  /// Takes away what the replay has mapped in `range`.
  func clear(_ range: VirtualRange) {
    for area in areas.remove(overlapping: range) {
      machine.areaVanished(area.range)
      remember(area)
      dropWaitingLeaves(in: area.range)
      unmapWhole(area.range)
      machine.freeData(area.data)
    }
  }

  private func remember(_ area: MappedAreas.Area) {
    vanished.append((area, Moment(time: machine.now, actor: machine.actor)))
    // Enough for all that can vanish while devices still ask for it.
    if vanished.count > 2_048 { vanished.removeFirst(1_024) }
  }

  private func unmapWhole(_ range: VirtualRange) {
    var rest = range
    while let error = kernel.unmap(rest) {
      // The area is the leaf's only owner, so it ends where the leaf does
      // unless the recording lost an event.
      log.restored += 1
      let before = VirtualRange(
        start: rest.start,
        size: error.address.rawValue - rest.start.rawValue)
      precondition(kernel.unmap(before) == nil, "no leaf reaches out of it")
      let span = X86FourLevel.span(of: Int(error.level))
      let next = error.address.alignedDown(to: span) + span
      guard range.contains(next) else { return }
      rest = VirtualRange(
        start: next, size: range.size - (next.rawValue - range.start.rawValue))
    }
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
    let now = Moment(time: machine.now, actor: machine.actor)
    areas.insert(
      .init(range: range, data: data, mapped: isImplied ? nil : now))
    machine.areaAppeared(range)
  }

  /// A mapping that the recording says succeeded did so here.
  func expect(_ error: MapError?) {
    if let error {
      preconditionFailure("the replay could not map: \(error)")
    }
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
