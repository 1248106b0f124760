// SPDX-License-Identifier: Apache-2.0

import Fallow

/// What device requests are drawn from, one after the other.
struct RequestDraw {
  /// When the next one comes.
  var clock: RequestClock
  /// Which device issues it, and for which place.
  var places: RandomNumbers
  /// The devices' work.
  let work: [DeviceWork]
  /// The areas of the kernel half.
  var kernel: AreaSet
  /// The areas of the user halves.
  var user: UserAreas

  /// The index of the work that the next request is of.
  ///
  /// - Precondition: There is work.
  @inline(__always)
  mutating func nextJob() -> Int {
    Int(truncatingIfNeeded: places.next(below: UInt64(work.count)))
  }

  /// An address of the areas that the work with that index is about; nil if
  /// there are none.
  @inline(__always)
  mutating func place(
    of job: Int, _ isUserPlace: Bool, at now: UInt64
  ) -> VirtualAddress? {
    isUserPlace
      ? Self.pick(&places, from: &user[work[job].space], at: now)
      : Self.pick(&places, from: &kernel, at: now)
  }

  @inline(__always)
  private static func pick(
    _ places: inout RandomNumbers, from areas: inout AreaSet, at now: UInt64
  ) -> VirtualAddress? {
    if areas.nextDrop < now { areas.drop(until: now) }
    if areas.total == 0 { return nil }
    return areas.address(at: places.next(below: areas.total))
  }
}

/// The way of a request to the tables of its space, which does not change
/// between two events of the machine.
struct RequestRoute {
  /// The walker, and the root that it starts from.
  var requester: Requester
  /// The caches of the IOMMU.
  var caches: WalkerCaches
  /// The roots of both halves, where each has its own.
  var halves: SimulatedIOMMU.Halves?
}
