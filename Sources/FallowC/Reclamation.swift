// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

@c @implementation
func fallow_forget(_ stale: CStale?) -> fallow_outcome {
  requireStart()
  return unsafe forget(given(stale))
}

/// A root that has ended, or that is none, is a fault.
private func check(_ contents: StaleContents) {
  let root = contents.root
  if root == .none { return }
  if contents.isKernel {
    _ = kernelSpace(root.rawValue)
  } else {
    _ = userSpace(root.rawValue)
  }
}

/// Makes the walkers forget what is stale; the record is empty if all answered.
@inline(never)
private func forget(_ stale: CStale) -> fallow_outcome {
  let contents = unsafe stale.pointee.contents
  guard contents.root != .none else { return FALLOW_DONE }
  // A root that has ended, or that is none, is a fault.
  _ =
    contents.isKernel
    ? kernelSpace(contents.root.rawValue).root
    : userSpace(contents.root.rawValue).root
  var gathered = unsafe StaleRange(contents, on: CPlatform())
  let unanswered = gathered.invalidated(by: CScheme().reclaimer)
  let left = unsafe gathered.contents()
  unsafe stale.pointee =
    unanswered.isEmpty
    ? fallow_stale(start: 0, size: 0, library: (0, 0, 0)) : fallow_stale(left)
  return unanswered.isEmpty ? FALLOW_DONE : FALLOW_UNANSWERED
}

@c @implementation
func fallow_forget_later(_ deferred: CDeferred?) {
  requireStart()
  let deferred = unsafe given(deferred)
  guard unsafe deferred.pointee.done != nil else { stop(FALLOW_NULL_POINTER) }
  unsafe check(deferred.pointee.stale.contents)
  unsafe deferredList.push(deferred)
  CPlatform().scheduleWorker(after: 0)
}

@c @implementation
func fallow_reclaim() {
  requireStart()
  CScheme().reclaim()
  var next = unsafe deferredList.takeAll()
  var isUnanswered = false
  while let deferred = unsafe next {
    unsafe next = unsafe deferred.pointee.library
    if unsafe forget(&deferred.pointee.stale) == FALLOW_DONE {
      unsafe deferred.pointee.done?(deferred)
    } else {
      unsafe deferredList.push(deferred)
      isUnanswered = true
    }
  }
  if isUnanswered { CPlatform().scheduleWorker(after: retryDelay) }
}

/// After how many nanoseconds an IOMMU that did not answer is asked again.
private var retryDelay: UInt64 { 100_000_000 }

/// How many tables have come to a state or went past it.
private func counted(_ state: TableState) -> UInt64 {
  CPlatform().counted(at: .account(Int(state.rawValue)))
}

@c @implementation
func fallow_quarantined() -> UInt64 {
  requireStart()
  // Those that went past, and those that are at their end, which is read first.
  let ended = counted(.released) &+ counted(.retained)
  let retired = counted(.quarantined)
  return retired > ended ? retired &- ended : 0
}
