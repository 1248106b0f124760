// SPDX-License-Identifier: Apache-2.0

/// Frames of the structures that an IOMMU reads, and the list of its devices.
extension ControlFrame {
  // MARK: Start

  /// Gives an IOMMU a frame for its queue, unless an earlier start did.
  ///
  /// - Returns: False if there is none.
  @inlinable
  func takeQueue(_ iommu: Int) throws(P.Interruption) -> Bool {
    if try load(.queue, of: iommu) != 0 { return true }
    guard let frame = try platform.zeroedFrame() else { return false }
    try store(frame.address.rawValue, to: .queue, of: iommu)
    return true
  }

  /// A frame for the table in which an IOMMU finds its devices: the one that an
  /// earlier start handed to it, or a new one; nil if there is none.
  @inlinable
  func takeTable(_ iommu: Int) throws(P.Interruption) -> FrameNumber? {
    let handed = FrameNumber(listHead: try load(.handedTable, of: iommu))
    return handed == .none ? try platform.zeroedFrame() : handed
  }

  /// Takes note that an IOMMU may read the table from now on.
  @inlinable
  func handTable(
    _ table: FrameNumber, to iommu: Int
  ) throws(P.Interruption) {
    try store(table.listHead, to: .handedTable, of: iommu)
  }

  /// Takes note that an IOMMU cannot read the table that was handed to it.
  @inlinable
  func takeBackTable(of iommu: Int) throws(P.Interruption) {
    try store(0, to: .handedTable, of: iommu)
  }

  /// Frees the table of a start that failed, unless the IOMMU may read it.
  @inlinable
  func abandonTable(
    _ table: FrameNumber, of iommu: Int
  ) throws(P.Interruption) {
    if try load(.handedTable, of: iommu) != 0 { return }
    try platform.free(table, order: 0)
  }

  // MARK: Devices

  /// The frame of the device that was added last, whose link leads to the one
  /// before it; or none.
  @inlinable
  func firstDevice(of iommu: Int) throws(P.Interruption) -> FrameNumber {
    FrameNumber(listHead: try load(.devices, of: iommu))
  }

  /// The frame of a device, or none if the IOMMU does not know it.
  ///
  /// - Complexity: O(devices behind the IOMMU)
  @inlinable
  func frame(of device: Device) throws(P.Interruption) -> FrameNumber {
    guard Self.hasRoom(for: device.iommu) else { return .none }
    var frame = try firstDevice(of: device.iommu)
    while frame != .none,
      try word(of: frame).requester != device.requester
    {
      frame = try platform.link(of: frame)
    }
    return frame
  }

  /// What is kept of the device that has a frame.
  @inlinable
  func word(of frame: FrameNumber) throws(P.Interruption) -> DeviceWord {
    DeviceWord(rawValue: try platform.load(.binding, of: frame))
  }

  /// Why no space can be attached to the device that has a frame; nil if one
  /// can.
  ///
  /// - Parameter frame: As of ``frame(of:)``.
  @inlinable
  func refusal(
    ofDeviceWith frame: FrameNumber
  ) throws(P.Interruption) -> BindOutcome? {
    if frame == .none { return .unknownDevice }
    return try word(of: frame).isLeaving ? .leaving : nil
  }

  /// Puts a device at the head of its IOMMU's list.
  @inlinable
  func list(
    _ frame: FrameNumber, as word: DeviceWord, on iommu: Int
  ) throws(P.Interruption) {
    try platform.setLink(try firstDevice(of: iommu), of: frame)
    try platform.store(word.rawValue, to: .binding, of: frame)
    try store(frame.listHead, to: .devices, of: iommu)
  }

  /// Takes a device out of its IOMMU's list.
  ///
  /// - Precondition: It is in the list.
  /// - Complexity: O(devices behind the IOMMU)
  @inlinable
  func unlist(
    _ removed: FrameNumber, on iommu: Int
  ) throws(P.Interruption) {
    let next = try platform.link(of: removed)
    var before = try firstDevice(of: iommu)
    if before == removed {
      return try store(next.listHead, to: .devices, of: iommu)
    }
    while try platform.link(of: before) != removed {
      before = try platform.link(of: before)
    }
    try platform.setLink(next, of: before)
  }
}
