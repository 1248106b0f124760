// SPDX-License-Identifier: Apache-2.0

/// How walkers join and leave; a kernel calls the ``Reclaimer``, which drains
/// too.
extension Sharing {
  /// Announces an address space, and lets a device walk it.
  ///
  /// Where the IOMMU may have cached that the device has no such space, it waits
  /// until that is dropped. One that does not answer refuses the device's
  /// requests until it does; the space is bound all the same.
  @inlinable
  package func bind(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(P.Interruption) -> BindOutcome {
    let platform = platform
    try platform.lock(.sharing)
    let outcome = try bindLocked(root, to: device, as: pasid)
    let ticket =
      outcome == .bound ? try driver.dropAbsence(of: device, as: pasid) : nil
    try platform.unlock(.sharing)
    if let ticket { _ = try driver.wait(for: ticket, on: device.iommu) }
    return outcome
  }

  @inlinable
  func bindLocked(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(P.Interruption) -> BindOutcome {
    guard IOMMUSet.all.contains(device.iommu) else {
      return .unknownDevice
    }
    guard pasid.isValid else { return .pasidTooWide }
    let before = try binding(of: root)
    guard before.iommus.isEmpty || before.pasid == pasid else {
      return .otherPASID
    }
    guard before.devices < Binding.mostDevices else { return .tooManyDevices }
    // Guard: announce-before-attaching
    try announce(root, as: pasid, on: device.iommu)
    let outcome = try driver.attach(root, to: device, as: pasid)
    if outcome != .bound { try withdraw(root, from: device.iommu) }
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
    guard try isBound(root, to: device, as: pasid) else {
      try platform.unlock(.sharing)
      return .notBound
    }
    // Guard: withdraw-after-completion, detach-before-asking
    try driver.detach(device, from: pasid)
    try driver.submit(
      InvalidationRequest(pasid: pasid, range: nil), to: device.iommu)
    let ticket = try driver.fence(device.iommu)
    try platform.unlock(.sharing)
    // Guard: unanswered-stays-a-member
    guard try driver.wait(for: ticket, on: device.iommu) else {
      return .unanswered
    }
    try platform.lock(.sharing)
    // Another call, or an expulsion, may have completed it meanwhile.
    if try isBound(root, to: device, as: pasid) {
      // Guard: detach-before-asking.detach
      try driver.forget(device, as: pasid)
      try withdraw(root, from: device.iommu)
    }
    try platform.unlock(.sharing)
    return .left
  }

  /// Whether a device was bound to the space from `root` under `pasid`, and has
  /// not left.
  ///
  /// The caller holds the sharing lock.
  @inlinable
  func isBound(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(P.Interruption) -> Bool {
    guard IOMMUSet.all.contains(device.iommu) else { return false }
    let binding = try binding(of: root)
    guard binding.iommus.contains(device.iommu), binding.pasid == pasid
    else { return false }
    return try driver.isAttached(device, to: root, as: pasid)
  }
}

extension Sharing where Driver: DeviceExpelling {
  /// Makes a device leave every address space without its help.
  @inlinable
  package func expel(_ device: Device) throws(P.Interruption) -> LeaveOutcome {
    guard IOMMUSet.all.contains(device.iommu) else {
      return .notBound
    }
    let platform = platform
    try driver.abandon(device.iommu)
    try platform.lock(.sharing)
    try driver.isolate(device)
    let ticket = try driver.fence(device.iommu)
    try platform.unlock(.sharing)
    // Guard: expelled-after-completion
    guard try driver.wait(for: ticket, on: device.iommu) else {
      return .unanswered
    }
    try platform.lock(.sharing)
    var root = try firstSpace()
    while root != .none {
      let next = try platform.link(of: root)
      let pasid = try binding(of: root).pasid
      if try isBound(root, to: device, as: pasid) {
        try driver.forget(device, as: pasid)
        try withdraw(root, from: device.iommu)
      }
      root = next
    }
    try driver.remove(device)
    try platform.unlock(.sharing)
    return .left
  }
}
