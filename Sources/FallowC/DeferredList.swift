// SPDX-License-Identifier: Apache-2.0

import FallowHeader
import Synchronization

typealias CDeferred = UnsafeMutablePointer<fallow_deferred>

/// Stale ranges that the worker is to have forgotten: a list that is pushed to
/// and taken from atomically, so that no lock is taken.
struct DeferredList: ~Copyable {
  /// The address of the first; 0 if there is none.
  private let first = Atomic<UInt>(0)

  func push(_ deferred: CDeferred) {
    while true {
      let head = first.load(ordering: .relaxed)
      unsafe deferred.pointee.library = unsafe CDeferred(bitPattern: head)
      let isPushed = first.compareExchange(
        expected: head, desired: UInt(bitPattern: deferred),
        ordering: .releasing
      ).exchanged
      if isPushed { return }
    }
  }

  func takeAll() -> CDeferred? {
    unsafe CDeferred(bitPattern: first.exchange(0, ordering: .acquiring))
  }
}

let deferredList = DeferredList()
