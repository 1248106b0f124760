/// How walkers join and leave; a kernel calls the ``Reclaimer``, which drains
/// too.
extension Sharing {
  /// Announces an address space, and lets a device walk it.
  @inlinable
  package func bind(
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

  /// Makes a device leave, and withdraws the address space once the device has
  /// nothing of it and was its IOMMU's last.
  @inlinable
  package func unbind(
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

  /// Makes a device leave every address space without its help.
  @inlinable
  package func expel(_ device: Device) throws(P.Interruption) -> LeaveOutcome {
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
    var root = try firstSpace()
    while root != .none {
      let next = try platform.link(of: root)
      let pasid = try binding(of: root).pasid
      if try !driver.isAttached(pasid, on: device.iommu) {
        try withdraw(root, from: device.iommu)
      }
      root = next
    }
    try platform.unlock(.sharing)
    return .left
  }
}
