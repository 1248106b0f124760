// SPDX-License-Identifier: Apache-2.0

import Fallow

/// A device: what it is to work on, and its own TLB, if it has one.
struct SimulatedDevice {
  /// Leaves that it cached by itself; nil without ATS.
  var tlb: WalkerCaches?
  /// Whether it was taken off the bus.
  var isIsolated = false
}

/// Work that a device was given: requests under a PASID.
struct DeviceWork {
  var device: Device
  var pasid: PASID
  /// The index of the space among the areas of users.
  var space: Int
}
