// SPDX-License-Identifier: Apache-2.0

/// Invalidation queues and tickets.
extension Core {
  static var queueCapacity: Int { Layout.queueWords * 2 }

  func queue(_ iommu: Int) -> Int {
    layout.queues + iommu * Layout.queueWords
  }

  /// The descriptor that an IOMMU carries out next, of kind `none` if there is
  /// none.
  func nextDescriptor(on iommu: Int) -> QueueDescriptor {
    layout.readsMemory
      ? layout.fetched { cells[$0] } : descriptor(0, on: iommu)
  }

  func descriptor(_ index: Int, on iommu: Int) -> QueueDescriptor {
    let word = cells[queue(iommu) + index / 2]
    return QueueDescriptor(
      rawValue: UInt32(truncatingIfNeeded: word >> UInt64(index % 2 * 32)))
  }

  func setDescriptor(_ value: QueueDescriptor, _ index: Int, on iommu: Int) {
    let place = queue(iommu) + index / 2
    let shift = UInt64(index % 2 * 32)
    cells[place] =
      cells[place] & ~(0xffff_ffff << shift) | UInt64(value.rawValue) << shift
  }

  func queueCount(_ iommu: Int) -> Int {
    var count = 0
    while count < Self.queueCapacity,
      descriptor(count, on: iommu).kind != .none
    {
      count += 1
    }
    return count
  }

  /// Appends a descriptor; a full queue blocks the appending actor.
  mutating func append(
    _ value: QueueDescriptor, to iommu: Int
  ) throws(Stop) {
    let count = queueCount(iommu)
    guard count < Self.queueCapacity else { throw stop(.blocked) }
    setDescriptor(value, count, on: iommu)
  }

  /// Takes the device behind an IOMMU off the bus: it begins no walk, what it
  /// cached by itself reaches memory no more, and its IOMMU starts over with an
  /// empty queue.
  mutating func isolate(_ iommu: Int, keepsDeviceTLB: Bool) {
    failQueue(of: iommu)
    for pasid in 0..<layout.roots {
      setPresent(pasid, on: iommu, false)
      forgetEntry(of: pasid, on: iommu)
      guard layout.hasDeviceTLBs, !keepsDeviceTLB else { continue }
      let device = layout.deviceTLB(iommu: iommu, pasid: pasid)
      clear(device, old: false)
      clear(device, old: true)
    }
    treeChanged = true
  }

  func removeFirst(from iommu: Int) {
    if layout.readsMemory { return fetchedOne() }
    let count = queueCount(iommu)
    for index in 1..<max(count, 1) {
      setDescriptor(descriptor(index, on: iommu), index - 1, on: iommu)
    }
    setDescriptor(QueueDescriptor(rawValue: 0), count - 1, on: iommu)
  }

  // MARK: Tickets

  /// How many tickets of an IOMMU can be out at once.
  static var ticketCount: Int { 8 }

  enum Ticket: UInt64 {
    case unused
    case pending
    case done
    case failed
  }

  /// Declares the next ticket of an IOMMU void: some of what it is to cover was
  /// aborted.
  func setVoid(_ iommu: Int) {
    cells.setBits(1 << UInt64(8 + iommu), at: Layout.flags)
  }

  /// Whether the next ticket is void; the one after it is not.
  func takeVoid(_ iommu: Int) -> Bool {
    let bit: UInt64 = 1 << UInt64(8 + iommu)
    let isVoid = cells[Layout.flags] & bit != 0
    cells.clearBits(bit, at: Layout.flags)
    return isVoid
  }

  private func shift(_ ticket: Int, _ iommu: Int) -> UInt64 {
    UInt64(iommu * 16 + ticket * 2)
  }

  func ticket(_ ticket: Int, on iommu: Int) -> Ticket {
    Ticket(
      rawValue: cells[Layout.tickets] >> shift(ticket, iommu) & 3)
      ?? .unused
  }

  func setTicket(_ value: Ticket, _ ticket: Int, on iommu: Int) {
    let shift = shift(ticket, iommu)
    cells[Layout.tickets] =
      cells[Layout.tickets] & ~(3 << shift) | value.rawValue << shift
  }

  func firstUnusedTicket(on iommu: Int) -> Int? {
    (0..<Self.ticketCount).first { ticket($0, on: iommu) == .unused }
  }
}
