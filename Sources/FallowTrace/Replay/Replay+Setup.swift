internal import Fallow
internal import FallowMachine

/// What stands before the first event, and what is made up on the way.
extension Replay {
  /// Shares address spaces with the devices, each with a user half of its own.
  func bindSpaces() {
    for number in 0..<options.boundSpaces {
      guard
        let space = UserTree<X86FourLevel, Scheme>.make(copying: kernel)
      else { preconditionFailure("the machine has no frames for a root") }
      let pasid = PASID(UInt32(number) + 1)
      let range = VirtualRange(
        start: VirtualAddress(0x5555_0000_0000), size: 16 << 20)
      let data = machine.allocateData(frames: Int(range.size >> 12))
      var unlinked = UnlinkedTables<MachinePlatform, UserHalf>(
        on: machine.platform)
      // Small leaves: devices that walk often meet the kernel's tables more.
      expect(
        space.map(
          range, to: data.address, attributes: .userData, maxLeafLevel: 1,
          into: &unlinked))
      precondition(unlinked.isEmpty, "nothing was mapped there")
      for iommu in 0..<options.iommus {
        bind(space.root, to: machine.device(iommu), as: pasid)
      }
      spaces.append((pasid, space.root))
      machine.userArea(pasid: pasid, range: range)
    }
  }

  /// The registry of shared spaces on the machine.
  var sharing: Sharing<VTd<MachinePlatform>> {
    Sharing(driver: machine.driver)
  }

  /// Makes the tables that the recording implies.
  func layPrehistory() {
    machine.actor = MachineActor(cpu: 0, task: StaleWalk.Moment.unknownTask)
    for window in prehistory.emptyTables {
      layEmptyTable(at: window, level: 2)
    }
  }

  /// Links an empty table behind the entry of a table of `level`.
  func layEmptyTable(at address: UInt64, level: Int) {
    let span = X86FourLevel.span(of: level)
    let start = address & ~(span - 1)
    if let stretch = Self.kernelRange(start, start &+ span) { clear(stretch) }
    guard let page = Self.kernelRange(start, start &+ 4096) else { return }
    expect(
      kernel.map(
        page, to: PhysicalAddress(0), attributes: .kernelData, maxLeafLevel: 1))
    _ = kernel.unmap(page)
  }

  /// Links a full table behind the entry of a table of `level`.
  func layFullTable(at address: UInt64, level: Int) {
    let span = X86FourLevel.span(of: level)
    let start = address & ~(span - 1)
    mapPhysical(
      start, start &+ span, phys: 0, shift: level == 3 ? 21 : 12)
  }

  /// A stretch of 2 MiB where the recording has no address.
  func inventStretch() -> VirtualRange {
    let span = X86FourLevel.span(of: 2)
    guard let entry = prehistory.unusedRootEntries.first else {
      preconditionFailure("the recording uses the whole kernel half")
    }
    let root =
      X86FourLevel.kernelHalf.start
      + UInt64(entry - X86FourLevel.kernelHalfIndex)
      &* X86FourLevel.span(of: 4)
    defer { inventedStretches += 1 }
    return VirtualRange(start: root + inventedStretches &* span, size: span)
  }

  /// Unlinks a table whose place the recording does not say, where the seed
  /// puts it.
  func unlinkInvented(_ descriptor: UInt64) {
    log.synthetic += 1
    inventedStretches += chances.next() % 8
    let stretch = inventStretch()
    layEmptyTable(at: stretch.start.rawValue, level: 2)
    // Devices may have been there until now.
    machine.areaAppeared(stretch)
    machine.areaVanished(stretch)
    var unlinked = UnlinkedTables<MachinePlatform, KernelHalf>(
      on: machine.platform)
    guard kernel.detach(at: stretch.start, level: 2, into: &unlinked) == nil
    else { preconditionFailure("the table was laid just now") }
    held[descriptor] = Held(unlinked.removeFirst())
    precondition(unlinked.isEmpty, "one table was laid")
  }
}
