// SPDX-License-Identifier: Apache-2.0

import Fallow

/// An IOMMU: its registers, and what it cached.
///
/// All else that it knows it reads from memory. Its registers are VT-d's, but
/// for those in ``riscv`` and ``smmu``; the queue's hold bytes, and errors are in
/// ``faultStatus``, for every kind.
struct SimulatedIOMMU {
  /// A context entry, as it was when it was read.
  struct Context {
    var directory: PhysicalAddress
    var entries: UInt64
    var hasDeviceTLB: Bool
  }

  /// A PASID table entry, as it was when it was read.
  struct Space {
    var domain: UInt16
    var tag: UInt32
    var root: FrameNumber
    var rootGeneration: UInt32
    /// Whether walks set accessed and dirty bits.
    var updatesBits = true
    /// Where each half has a root of its own: the kernel's, `root` being the
    /// process's.
    var halves: Halves?
  }

  /// What a context says of the halves.
  struct Halves {
    var walksUser: Bool
    var walksKernel: Bool
    /// Whether requests have the privilege of the kernel.
    var isPrivileged: Bool
    var kernelTag: UInt32
    var kernelRoot: FrameNumber
    var kernelGeneration: UInt32
  }

  // Registers.
  var globalStatus: UInt64 = 0
  var rootTableAddress: UInt64 = 0
  var queueAddress: UInt64 = 0
  var queueHead: UInt64 = 0
  var queueTail: UInt64 = 0
  var faultStatus: UInt64 = 0

  /// What a RISC-V IOMMU has besides.
  var riscv = SimulatedRISCVIOMMU()

  /// What an SMMUv3 has besides.
  var smmu = SimulatedSMMUv3()

  /// The root table that is in use.
  var rootTable: UInt64 = 0

  // Caches.
  let translations: WalkerCaches
  var contexts: [UInt16: Context] = [:]
  var spaces: [UInt64: Space] = [:]
  /// In caching mode: the requesters, and the requesters and PASIDs, of which
  /// it cached that there is no entry.
  var absentContexts: Set<UInt16> = []
  var absentSpaces: Set<UInt64> = []

  // The queue at work.
  let latency: UInt64
  /// Counts the times the queue was switched on: what was under way then is
  /// not.
  var session: UInt32 = 0
  /// Whether the descriptor at the head is being worked on.
  var isBusy = false
  /// How many commands from the head on are carried out in reverse order, and
  /// how many of them are done.
  var reversed: (count: UInt64, done: UInt64)?
  /// Where the tail was when a device's time-out took all waits with it.
  var abortedUpTo: UInt64?
  /// Descriptors that were put into the queue and announced.
  var announced: UInt64 = 0
  /// What is to go wrong next, whatever chance says.
  var planned: [FailureKind] = []
  var chances: RandomNumbers

  /// Whether translation is on.
  var translates: Bool {
    VTdRegister.Global.translation.isSet(in: globalStatus)
  }

  /// Whether the queue is on.
  var hasQueue: Bool {
    VTdRegister.Global.queue.isSet(in: globalStatus) || riscv.hasQueue
      || smmu.hasQueue
  }

  /// The name of a requester and PASID in ``spaces``.
  static func name(_ requester: UInt16, _ pasid: UInt32) -> UInt64 {
    UInt64(requester) << 32 | UInt64(pasid)
  }
}
