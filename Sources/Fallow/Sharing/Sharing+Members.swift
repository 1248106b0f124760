/// How walkers join and leave.
///
/// The same device and PASID are never bound and unbound at the same time, and
/// a PASID names one address space until its last unbind has succeeded: who
/// hands out PASIDs sees to both.
extension Sharing {
  /// Lets a device walk from `root` under `pasid`.
  ///
  /// An address space has one PASID, whatever devices share it.
  ///
  /// Sleeps.
  ///
  /// - Precondition: `root` is the root of an address space that is not shared
  ///   under another PASID.
  /// - Complexity: O(devices behind the IOMMU)
  @inlinable
  public func bind(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(P.Interruption) -> BindOutcome {
    let platform = platform
    try platform.lock(.sharing)
    let isNew = try announce(root, as: pasid, on: device.iommu)
    let outcome = try driver.attach(root, to: device, as: pasid)
    if outcome != .bound && isNew {
      try withdraw(root, from: device.iommu)
    }
    try platform.unlock(.sharing)
    return outcome
  }

  /// Makes a device leave an address space.
  ///
  /// Sleeps, but not under the sharing lock.
  ///
  /// - Returns: ``LeaveOutcome/unanswered`` if its IOMMU did not answer; the
  ///   address space then counts as shared and its tables must stay, until
  ///   this is called again and succeeds or the device is expelled.
  /// - Complexity: O(shared spaces + devices behind the IOMMU)
  @inlinable
  public func unbind(
    _ root: FrameNumber, from device: Device, as pasid: PASID
  ) throws(P.Interruption) -> LeaveOutcome {
    let platform = platform
    try platform.lock(.sharing)
    try driver.detach(device, from: pasid)
    try driver.submit(
      InvalidationRequest(pasid: pasid, range: nil), to: device.iommu)
    let ticket = try driver.fence(device.iommu)
    try platform.unlock(.sharing)
    guard try driver.wait(for: ticket, on: device.iommu) else {
      return .unanswered
    }
    try platform.lock(.sharing)
    try driver.forget(device, as: pasid)
    if try !driver.isAttached(pasid, on: device.iommu) {
      try withdraw(root, from: device.iommu)
    }
    try platform.unlock(.sharing)
    return .left
  }

  /// Makes a device leave every address space, when it or its IOMMU does not
  /// answer any more.
  ///
  /// The completed removal stands for the answers that never came: tables that
  /// were parked for them are released by the next run of the worker.
  ///
  /// Sleeps, but not under the sharing lock.
  ///
  /// - Complexity: O(shared spaces x devices behind the IOMMU)
  @inlinable
  public func expel(_ device: Device) throws(P.Interruption) -> LeaveOutcome {
    let platform = platform
    try platform.lock(.sharing)
    try driver.isolate(device)
    let ticket = try driver.fence(device.iommu)
    try platform.unlock(.sharing)
    guard try driver.wait(for: ticket, on: device.iommu) else {
      return .unanswered
    }
    try platform.lock(.sharing)
    try driver.remove(device)
    var root = FrameNumber(listHead: try platform.load(.sharedSpaces))
    while root != .none {
      let next = try platform.link(of: root)
      let binding = Binding(rawValue: try platform.load(.binding, of: root))
      if try !driver.isAttached(binding.pasid, on: device.iommu) {
        try withdraw(root, from: device.iommu)
      }
      root = next
    }
    try platform.unlock(.sharing)
    return .left
  }
}
