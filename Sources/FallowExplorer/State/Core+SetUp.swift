// SPDX-License-Identifier: Apache-2.0

internal import Fallow

extension Core {
  /// The machine before anything happened: a root that is linked, the roots
  /// of the shared spaces, and frames that are free.
  mutating func setUp() {
    cells[Layout.free] = (1 << UInt64(layout.frames) - 1) & ~1
    for entry in layout.entry(1, 0)..<layout.entry(layout.frames, 0) {
      cells[entry] = TinyEntry.leftover
    }
    for frame in [0] + (layout.frames..<(layout.frames + layout.roots)) {
      var word = TypeWord.table(
        of: KernelHalf.self, level: layout.levels, order: 0)
      word.state = .linked
      cells[layout.field(.typeWord, of: frame)] = UInt64(word.rawValue)
    }
  }

  func setSlot(_ slot: Int, _ value: SlotState) {
    let shift = UInt64(slot * 4)
    cells[Layout.slotStates] =
      cells[Layout.slotStates] & ~(0xf << shift)
      | UInt64(value.rawValue) << shift
  }

  func slot(_ slot: Int) -> SlotState {
    SlotState(
      rawValue: UInt8(cells[Layout.slotStates] >> UInt64(slot * 4) & 0xf))
      ?? .busy
  }

  func isHolding(_ actor: Int) -> Bool {
    (0..<8).contains { cells[Layout.locks, byte: $0] == UInt8(actor + 1) }
  }
}

extension SteppingMachine {
  /// The driver that ships, with its IOMMU started and a device behind it that
  /// has joined and left, so that every structure is made.
  func startVTd(
    isBound: Bool, queueRoom: Int
  ) throws(Stop) -> VTd<SteppingMachine> {
    core.structuresTaken = 0
    guard let driver = try VTd.make(on: self),
      try driver.start(0) == .started,
      try driver.add(
        Device(iommu: 0, requester: 0),
        tlb: core.layout.hasDeviceTLBs ? DeviceTLB() : nil) == .added
    else { preconditionFailure("the IOMMU does not start") }
    let sharing = Sharing(driver: driver)
    let root = core.number(core.layout.frames)
    let device = Device(iommu: 0, requester: 0)
    let number = core.layout.number(ofSpace: 0)
    guard try sharing.bind(root, to: device, as: number) == .bound,
      try sharing.unbind(root, from: device, as: number) == .left
    else { preconditionFailure("the device does not join and leave") }
    core.structuresTaken = nil
    if isBound {
      let outcome = try sharing.bind(root, to: device, as: number)
      precondition(outcome == .bound, "the device has left")
    }
    let last = FrameNumber.size - VTdDescriptor.size
    while core.cells[core.layout.queueTail]
      < last - UInt64(queueRoom) * VTdDescriptor.size
    { _ = try driver.fence(0) }
    return driver
  }

  /// Lets devices share every space from the beginning.
  func bindAll(_ layout: Layout) throws(Stop) {
    let sharing = Sharing(driver: SteppingDriver(platform: self))
    for pasid in 0..<layout.roots {
      for iommu in 0..<layout.iommus {
        let device = Device(iommu: iommu, requester: 0)
        let outcome = try sharing.bind(
          core.number(layout.frames + pasid), to: device,
          as: PASID(UInt32(pasid)))
        precondition(outcome == .bound, "nothing was bound before")
      }
    }
  }
}
