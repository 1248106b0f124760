// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

typealias CFrames = UnsafeMutablePointer<fallow_frames>
private typealias Reservation = ReservedFrames<CPlatform>

// The descriptor of the first frame names the record, so that a copy of it is
// found: its frames would be used twice.

private func store(_ reserved: consuming Reservation, in frames: CFrames) {
  let head = unsafe reserved.contents()
  if head != .none {
    CPlatform().store(
      UInt64(UInt(bitPattern: frames)), to: .binding, of: head)
  }
  unsafe frames.pointee.library = head.rawValue &+ 1
}

/// What a record holds; one that is a copy is a fault.
private func take(_ frames: CFrames) -> Reservation {
  let word = unsafe frames.pointee.library
  let head = word == 0 ? FrameNumber.none : frame(word &- 1)
  if head != .none {
    let owner = CPlatform().load(.binding, of: head)
    guard owner == UInt64(UInt(bitPattern: frames)) else {
      stop(FALLOW_INVALID_RECORD, at: head)
    }
    CPlatform().store(0, to: .binding, of: head)
  }
  return unsafe Reservation(head, on: CPlatform())
}

/// Takes the frames; a record that has some is a fault.
@inline(__always)
private func reserve(
  _ space: some AddressSpaceOperations<CFormat, CScheme>,
  _ range: VirtualRange, _ address: UInt64, _ maxLevel: UInt32,
  _ frames: CFrames, _ error: CError?
) -> fallow_outcome {
  if unsafe frames.pointee.library != 0 { stop(FALLOW_INVALID_RECORD) }
  do throws(MapError) {
    let reserved = try space.reserve(
      for: range, to: PhysicalAddress(address), maxLeafLevel: level(maxLevel))
    unsafe store(reserved, in: frames)
    return FALLOW_DONE
  } catch let refusal {
    return unsafe refusal.report(error)
  }
}

@c @implementation
func fallow_reserve(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ address: UInt64,
  _ maxLevel: UInt32, _ frames: CFrames?, _ error: CError?
) -> fallow_outcome {
  unsafe reserve(
    kernelSpace(root), range(start, size), address, maxLevel,
    given(frames), error)
}

@c @implementation
func fallow_user_reserve(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ address: UInt64,
  _ maxLevel: UInt32, _ frames: CFrames?, _ error: CError?
) -> fallow_outcome {
  unsafe reserve(
    userSpace(root), range(start, size), address, maxLevel,
    given(frames), error)
}

@c @implementation
func fallow_map_reserved(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ address: UInt64,
  _ attributes: UInt32, _ maxLevel: UInt32, _ frames: CFrames?,
  _ error: CError?
) -> fallow_outcome {
  let space = kernelSpace(root)
  let frames = unsafe given(frames)
  var reserved = unsafe take(frames)
  let refusal = space.tables.map(
    range(start, size), to: PhysicalAddress(address),
    attributes: LeafAttributes(ofC: attributes),
    maxLeafLevel: level(maxLevel), from: &reserved)
  unsafe store(reserved, in: frames)
  return unsafe outcome(refusal, error)
}

@c @implementation
func fallow_user_map_reserved(
  _ root: UInt64, _ start: UInt64, _ size: UInt64, _ address: UInt64,
  _ attributes: UInt32, _ maxLevel: UInt32, _ frames: CFrames?,
  _ error: CError?
) -> fallow_outcome {
  let space = userSpace(root)
  let frames = unsafe given(frames)
  var reserved = unsafe take(frames)
  var outcome = FALLOW_DONE
  do throws(MapError) {
    try space.map(
      range(start, size), to: PhysicalAddress(address),
      attributes: LeafAttributes(ofC: attributes),
      maxLeafLevel: level(maxLevel), from: &reserved)
  } catch let refusal {
    outcome = unsafe refusal.report(error)
  }
  unsafe store(reserved, in: frames)
  return outcome
}

@c @implementation
func fallow_give_back(_ frames: CFrames?) {
  requireStart()
  let frames = unsafe given(frames)
  unsafe take(frames).giveBack()
  unsafe frames.pointee.library = 0
}
