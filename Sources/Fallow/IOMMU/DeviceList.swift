/// The devices that an IOMMU knows: a list through the descriptors of the
/// frames in which a driver keeps one structure for each.
///
/// The caller holds the sharing lock.
@frozen
@usableFromInline
struct DeviceList<P: IOMMUPlatform>: BitwiseCopyable, Sendable {
  @usableFromInline let control: ControlFrame<P>

  @inlinable
  init(_ control: ControlFrame<P>) {
    self.control = control
  }

  /// The frame of the device that was added last; none if there is no device.
  @inlinable
  func first(on iommu: Int) throws(P.Interruption) -> FrameNumber {
    guard ControlFrame<P>.hasRoom(for: iommu) else { return .none }
    return FrameNumber(listHead: try control.load(.devices, of: iommu))
  }

  /// The frame of the device that was added before another; or none.
  @inlinable
  func next(after frame: FrameNumber) throws(P.Interruption) -> FrameNumber {
    try control.platform.link(of: frame)
  }

  /// What is kept of the device whose frame it is.
  @inlinable
  func word(of frame: FrameNumber) throws(P.Interruption) -> DeviceWord {
    DeviceWord(rawValue: try control.platform.load(.binding, of: frame))
  }

  /// Replaces what is kept of the device whose frame it is.
  @inlinable
  func setWord(
    _ word: DeviceWord, of frame: FrameNumber
  ) throws(P.Interruption) {
    try control.platform.store(word.rawValue, to: .binding, of: frame)
  }

  /// The frame of a device; none if the IOMMU does not know it.
  ///
  /// - Complexity: O(devices behind the IOMMU)
  @inlinable
  func frame(of device: Device) throws(P.Interruption) -> FrameNumber {
    var frame = try first(on: device.iommu)
    while frame != .none,
      try word(of: frame).requester != device.requester
    {
      frame = try next(after: frame)
    }
    return frame
  }

  /// Adds a device with its frame.
  @inlinable
  func insert(
    _ frame: FrameNumber, _ word: DeviceWord, on iommu: Int
  ) throws(P.Interruption) {
    try control.platform.setLink(first(on: iommu), of: frame)
    try setWord(word, of: frame)
    try control.store(frame.listHead, to: .devices, of: iommu)
  }

  /// Takes a device off the list.
  ///
  /// - Precondition: It is on the list.
  /// - Complexity: O(devices behind the IOMMU)
  @inlinable
  func remove(
    _ removed: FrameNumber, on iommu: Int
  ) throws(P.Interruption) {
    let following = try next(after: removed)
    var before = try first(on: iommu)
    if before == removed {
      return try control.store(following.listHead, to: .devices, of: iommu)
    }
    while try next(after: before) != removed {
      before = try next(after: before)
    }
    try control.platform.setLink(following, of: before)
  }
}
