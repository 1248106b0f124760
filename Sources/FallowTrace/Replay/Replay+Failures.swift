// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine

/// The kernel's policy for walkers that do not answer.
extension Replay {
  /// After how many worker runs in a row a device is expelled.
  static var patientRuns: Int { 3 }

  /// When a run that parked tables is repeated, and when an expelled device
  /// comes back from its reset, in nanoseconds.
  static var retryDelay: UInt64 { 5_000_000 }

  /// Looks at the walkers that the last run left waiting for: has the worker
  /// try again, and expels the device that has failed too often.
  func mindFailures() {
    let unanswered = subject.scheme.unanswered()
    var isExpelled = false
    for iommu in 0..<options.iommus {
      guard unanswered.contains(iommu) else {
        silentRuns[iommu] = nil
        continue
      }
      silentRuns[iommu, default: 0] += 1
      if silentRuns[iommu, default: 0] >= Self.patientRuns {
        isExpelled = expel(machine.device(iommu)) || isExpelled
      }
    }
    if isExpelled {
      workerScheduled(after: 0)
    } else if !unanswered.isEmpty {
      workerScheduled(after: Self.retryDelay)
    }
  }

  private func expel(_ device: Device) -> Bool {
    guard sharing.expel(device) == .left else { return false }
    observeEvents()
    silentRuns[device.iommu] = nil
    log.expelled += 1
    audit.leave(device.iommu)
    scheduleReturn(of: device)
    return true
  }

  private func scheduleReturn(of device: Device) {
    machine.schedule(at: machine.now + Self.retryDelay) { [unowned self] in
      guard makeRoom() else { return scheduleReturn(of: device) }
      let tlb = options.hasDeviceTLBs ? DeviceTLB() : nil
      guard iommus.add(driver, device, tlb) == .added else {
        // The recording's tables have taken all frames: it stays away.
        return leaveOut()
      }
      observeEvents()
      audit.join(device.iommu)
      for (pasid, root) in spaces { bind(root, to: device, as: pasid) }
    }
  }

  /// Shares a space with a device, which begins to use it.
  func bind(_ root: FrameNumber, to device: Device, as pasid: PASID) {
    guard sharing.bind(root, to: device, as: pasid) == .bound else {
      return leaveOut()
    }
    machine.startWork(device, as: pasid)
  }
}
