// SPDX-License-Identifier: Apache-2.0

import Fallow

/// What a RISC-V IOMMU has and VT-d has not: its registers, and the contexts
/// that it cached.
struct SimulatedRISCVIOMMU {
  /// A device context, as it was when it was read.
  struct DeviceContext {
    var control: UInt64
    var tag: UInt32
    var firstStage: UInt64
    /// The generation of the frame that `firstStage` names.
    var generation: UInt32
  }

  /// `ddtp`: Bare, as firmware may leave it.
  var directory: UInt64 = RISCVIOMMURegister.Directory.bare
  /// `cqb`.
  var queueBase: UInt64 = 0
  /// Whether the queue is on: `cqon`.
  var hasQueue = false

  /// What `ddtp` becomes when its change is complete; nil if none is under way.
  var nextDirectory: UInt64?
  /// The same of `cqon`.
  var nextHasQueue: Bool?

  var devices: [UInt16: DeviceContext] = [:]
  var processes: [UInt64: SimulatedIOMMU.Space] = [:]

  /// The levels of the device directory; 0 in Bare, nil in Off.
  var levels: UInt64? {
    let mode = RISCVIOMMURegister.Directory.mode.read(directory)
    return mode == RISCVIOMMURegister.Directory.off ? nil : mode - 1
  }
}
