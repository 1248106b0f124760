// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine

/// What stands before the first event, and what is made up on the way.
extension Replay {
  /// Shares address spaces with the devices, each with a user half of its own.
  func bindSpaces() {
    for number in 0..<options.boundSpaces {
      guard
        let space = UserTree<Driver.Format, Scheme>.make(copying: kernel)
      else { preconditionFailure("the machine has no frames for a root") }
      let pasid = PASID(UInt32(number) + 1)
      let range = VirtualRange(
        start: VirtualAddress(0x5555_0000_0000), size: 16 << 20)
      let data = machine.allocateData(frames: Int(range.size >> 12))
      var unlinked = UnlinkedTables<MachinePlatform, UserHalf>(
        on: machine.platform)
      // Small leaves: devices that walk often meet the kernel's tables more.
      let refusal = space.map(
        range, to: data.address, attributes: .userData, maxLeafLevel: 1,
        into: &unlinked)
      precondition(refusal == nil, "the machine has frames yet")
      precondition(unlinked.isEmpty, "nothing was mapped there")
      for iommu in 0..<options.iommus {
        bind(space.root, to: machine.device(iommu), as: pasid)
      }
      spaces.append((pasid, space.root))
      machine.userArea(pasid: pasid, range: range)
    }
  }

  /// The registry of shared spaces on the machine.
  var sharing: Sharing<Driver> { Sharing(driver: driver) }

  /// Makes the tables that the recording implies.
  func layPrehistory() {
    machine.actor = MachineActor(cpu: 0, task: StaleWalk.Moment.unknownTask)
    for window in prehistory.emptyTables {
      guard let stretch = Self.stretch(at: window, level: 2),
        layEmptyTable(stretch, level: 2)
      else {
        leaveOut()
        continue
      }
    }
  }

  /// Links an empty table behind the entry of a table of `level` for `stretch`.
  ///
  /// - Returns: Whether it stands there.
  func layEmptyTable(_ stretch: VirtualRange, level: Int) -> Bool {
    clear(stretch)
    let page = VirtualRange(start: stretch.start, size: 4096)
    guard mapLeaves(page, to: PhysicalAddress(0), maxLeafLevel: 1) else {
      return false
    }
    unmapLeaves(page)
    return true
  }

  /// Links a full table behind the entry of a table of `level` for `stretch`.
  func layFullTable(_ stretch: VirtualRange, level: Int) {
    mapPhysical(
      stretch.start.rawValue, stretch.start.rawValue &+ stretch.size, phys: 0,
      shift: level == 3 ? 21 : 12)
  }

  /// A stretch of 2 MiB where the recording has no address; nil if there is
  /// none left.
  func inventStretch() -> VirtualRange? {
    let span = X86FourLevel.span(of: 2)
    let perEntry = X86FourLevel.span(of: 4) / span
    let number = inventedStretches / perEntry
    guard number < UInt64(prehistory.unusedRootEntries.count) else {
      return nil
    }
    let entry = prehistory.unusedRootEntries[Int(number)]
    let root =
      X86FourLevel.kernelHalf.start
      + UInt64(entry - X86FourLevel.kernelHalfIndex)
      &* X86FourLevel.span(of: 4)
    defer { inventedStretches += 1 }
    return VirtualRange(
      start: root + inventedStretches % perEntry &* span, size: span)
  }

  /// Unlinks a table whose place the recording does not say, where the seed
  /// puts it.
  ///
  /// No device looks there: what the table costs is replayed, and not which
  /// device walks it.
  func unlinkInvented(_ descriptor: UInt64) {
    inventedStretches += chances.next() % 8
    guard let stretch = inventStretch(), layEmptyTable(stretch, level: 2) else {
      return leaveOut()
    }
    log.synthetic += 1
    for table in detach(stretch, level: 2) { hold(table, as: descriptor) }
  }
}
