// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

typealias CBinding = UnsafeMutablePointer<fallow_binding>

/// The binding that was made last, of those whose devices have not left; under
/// the sharing lock.
nonisolated(unsafe) var bindings: CBinding?

/// Takes the binding of which `isIt` is true from the list.
///
/// The caller holds the sharing lock.
func forgetBinding(where isIt: (CBinding) -> Bool) {
  var before: CBinding?
  var next = unsafe bindings
  while let binding = unsafe next {
    unsafe next = unsafe binding.pointee.library
    guard unsafe isIt(binding) else {
      unsafe before = unsafe binding
      continue
    }
    if let before = unsafe before {
      unsafe before.pointee.library = unsafe next
    } else {
      unsafe bindings = unsafe next
    }
    unsafe binding.pointee.library = nil
    return
  }
}

/// Whether the list has the binding at that place.
///
/// The caller holds the sharing lock.
private func isListed(_ sought: CBinding) -> Bool {
  var next = unsafe bindings
  while let binding = unsafe next {
    if unsafe binding == sought { return true }
    unsafe next = unsafe binding.pointee.library
  }
  return false
}

/// Why a device cannot walk from `root` under a PASID, or nil.
///
/// The caller holds the sharing lock.
private func refusal(
  of root: FrameNumber, _ device: UInt32, _ pasid: UInt32
) -> fallow_outcome? {
  if pasid == 0 { return FALLOW_PASID_RESERVED }
  var next = unsafe bindings
  while let binding = unsafe next {
    let bound = unsafe binding.pointee
    let isSameDevice = unsafe bound.device == device
    let isSameSpace = unsafe bound.root == root.rawValue
    if unsafe bound.pasid == pasid && (isSameDevice || !isSameSpace) {
      return FALLOW_PASID_NOT_FREE
    }
    unsafe next = unsafe bound.library
  }
  return nil
}

private func bind(
  _ root: FrameNumber, _ device: UInt32, _ pasid: UInt32, _ binding: CBinding
) -> fallow_outcome {
  guard let walker = Device(ofC: device) else { return FALLOW_UNKNOWN_DEVICE }
  let platform = CPlatform()
  platform.lock(.sharing)
  guard unsafe !isListed(binding) else {
    platform.unlock(.sharing)
    stop(FALLOW_INVALID_RECORD)
  }
  if let outcome = refusal(of: root, device, pasid) {
    platform.unlock(.sharing)
    return outcome
  }
  unsafe binding.pointee = unsafe fallow_binding(
    root: root.rawValue, device: device, pasid: pasid, library: bindings)
  unsafe bindings = unsafe binding
  platform.unlock(.sharing)
  let outcome = CScheme().reclaimer.bind(
    root, to: walker, as: PASID(pasid))
  if outcome != .bound {
    platform.lock(.sharing)
    unsafe forgetBinding { unsafe $0 == binding }
    platform.unlock(.sharing)
  }
  return outcome.number
}

@c @implementation
func fallow_bind(
  _ root: UInt64, _ device: UInt32, _ pasid: UInt32, _ binding: CBinding?
) -> fallow_outcome {
  unsafe bind(kernelSpace(root).root, device, pasid, given(binding))
}

@c @implementation
func fallow_user_bind(
  _ root: UInt64, _ device: UInt32, _ pasid: UInt32, _ binding: CBinding?
) -> fallow_outcome {
  unsafe bind(userSpace(root).root, device, pasid, given(binding))
}

@c @implementation
func fallow_unbind(_ binding: CBinding?) -> fallow_outcome {
  requireStart()
  let binding = unsafe given(binding)
  let platform = CPlatform()
  platform.lock(.sharing)
  let isListed = unsafe isListed(binding)
  let bound = unsafe binding.pointee
  platform.unlock(.sharing)
  guard isListed, let device = unsafe Device(ofC: bound.device) else {
    return FALLOW_NOT_BOUND
  }
  let outcome = unsafe CScheme().reclaimer.unbind(
    FrameNumber(bound.root), from: device, as: PASID(bound.pasid))
  if outcome == .unanswered { return FALLOW_UNANSWERED }
  // Not bound: the device was expelled.
  platform.lock(.sharing)
  unsafe forgetBinding { unsafe $0 == binding }
  platform.unlock(.sharing)
  return FALLOW_DONE
}
