// SPDX-License-Identifier: Apache-2.0

/// How devices join and leave an address space.
///
/// These calls sleep, so they drain where the limit is reached: a bind before
/// the new walker would have to be asked too, the others when there is one
/// fewer to ask.
///
/// The same device and PASID are never bound and unbound at the same time, and
/// a PASID names one address space until its last unbind has succeeded: a
/// caller that hands out PASIDs sees to both.
extension Reclaimer {
  /// Lets a device walk from `root` under `pasid`.
  ///
  /// An address space has one PASID, whatever devices share it.
  ///
  /// Sleeps.
  ///
  /// - Precondition: `root` is the root of an address space that is not shared
  ///   under another PASID.
  /// - Complexity: O(devices behind the IOMMU), and a drain.
  @inlinable
  package func bind(
    _ root: FrameNumber, to device: Device, as pasid: PASID
  ) throws(P.Interruption) -> BindOutcome {
    try makeRoom()
    return try sharing.bind(root, to: device, as: pasid)
  }

  /// Makes a device leave an address space.
  ///
  /// Sleeps, but not under the sharing lock.
  ///
  /// - Returns: ``LeaveOutcome/unanswered`` if its IOMMU did not answer; the
  ///   address space then counts as shared and its tables must stay, until
  ///   this is called again and succeeds or the device is expelled.
  /// - Complexity: O(shared spaces + devices behind the IOMMU), and a drain.
  @inlinable
  package func unbind(
    _ root: FrameNumber, from device: Device, as pasid: PASID
  ) throws(P.Interruption) -> LeaveOutcome {
    let outcome = try sharing.unbind(root, from: device, as: pasid)
    try makeRoom()
    return outcome
  }
}

extension Reclaimer where Driver: DeviceExpelling {
  /// Makes a device leave every address space, when it or its IOMMU does not
  /// answer any more.
  ///
  /// The completed removal stands for the answers that never came: the worker
  /// is scheduled, and releases the tables that were parked for them.
  ///
  /// Sleeps, but not under the sharing lock.
  ///
  /// - Complexity: O(shared spaces x devices behind the IOMMU), and a drain.
  @inlinable
  package func makeLeave(_ device: Device) throws(P.Interruption)
    -> LeaveOutcome
  {
    let outcome = try sharing.expel(device)
    if outcome == .left, try platform.load(.parked) != 0 {
      try platform.endRetries()
      try platform.scheduleWorker(after: 0)
    }
    try makeRoom()
    return outcome
  }
}
