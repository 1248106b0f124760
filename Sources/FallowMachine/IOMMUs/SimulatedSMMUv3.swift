// SPDX-License-Identifier: Apache-2.0

import Fallow

/// What an SMMUv3 has and VT-d has not: its registers, and the configurations
/// that it cached.
struct SimulatedSMMUv3 {
  /// A stream table entry, as it was when it was read.
  struct Stream {
    var contexts: PhysicalAddress
    var contextBits: UInt64
    var hasTwoLevels: Bool
    var isPrivileged: Bool
  }

  // Registers.
  var control: UInt64 = 0
  var accesses: UInt64 = 0
  var broadcasts: UInt64 = 0
  var bypass: UInt64 = 0
  var seenErrors: UInt64 = 0
  var streamTable: UInt64 = 0
  var streamTableShape: UInt64 = 0
  var queueBase: UInt64 = 0
  var queueProducer: UInt64 = 0
  /// CMDQ_CONS.ERR.
  var reason: UInt64 = 0

  // Caches.
  var streams: [UInt16: Stream] = [:]
  var contexts: [UInt64: SimulatedIOMMU.Space] = [:]
  var invalidStreams: Set<UInt16> = []
  var invalidContexts: Set<UInt64> = []

  // The erratum: commands that were executed once, and those of them that a
  // CMD_SYNC came after.
  var executed: [SMMUv3Command] = []
  var synchronized: [SMMUv3Command] = []

  /// Whether commands are executed.
  var hasQueue: Bool { SMMUv3Register.Control.queue.isSet(in: control) }

  /// Whether requests are translated.
  var isEnabled: Bool { SMMUv3Register.Control.enable.isSet(in: control) }
}
