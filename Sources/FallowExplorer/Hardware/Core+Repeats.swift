// SPDX-License-Identifier: Apache-2.0

/// IOMMUs where an invalidation that races traffic may keep what it names: see
/// ``CacheRules/keepsWhatIsInvalidatedOnce``.
///
/// A walker that holds all it could holds what every such race leaves.
extension Core {
  /// Whether a command does anything: one that drops something was carried out
  /// before, and one fence since.
  ///
  /// While the machine is set up there is no traffic to race.
  func takesEffect(_ kind: QueueDescriptor.Kind) -> Bool {
    guard rules.keepsWhatIsInvalidatedOnce, layout.readsMemory, !runsThrough
    else { return true }
    let now: UInt64 = 1 << UInt64(kind.rawValue)
    let before = now << 16
    switch kind {
    case .range, .pasid, .pasidEntry, .everything:
      let once = memory[.carriedOutOnce]
      let isRepeated = once & before != 0
      memory[.carriedOutOnce] = isRepeated ? once & ~before : once | now
      return isRepeated
    case .wait, .order:
      memory[.carriedOutOnce] = memory[.carriedOutOnce] << 16 & 0xffff_0000
    case .none, .otherStage, .deviceRange, .invalid: break
    }
    return true
  }
}
