// SPDX-License-Identifier: Apache-2.0

// The functions have C's names; the compiler compares each with fallow.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Fallow
import FallowHeader

@c @implementation
func fallow_descriptor_size() -> Int { DescriptorTable.descriptorSize }

@c @implementation
func fallow_word_bytes(_ cpus: UInt32) -> Int {
  KernelWord.count(cpus: Int(cpus)) * 8
}

@c @implementation
func fallow_start(_ given: UnsafePointer<fallow_machine>?) {
  if unsafe machine.isStarted { stop(FALLOW_STARTED_TWICE) }
  guard let given = unsafe given else { stop(FALLOW_NULL_POINTER) }
  guard let given = unsafe Machine(given.pointee) else {
    stop(FALLOW_INVALID_MACHINE)
  }
  unsafe machine = given
}

extension Machine {
  /// The machine that C describes, or nil if there can be none.
  fileprivate init?(_ given: fallow_machine) {
    let most: UInt64 = 1 << 40
    guard let memory = unsafe given.memory,
      let descriptors = unsafe given.descriptors,
      let words = unsafe given.words,
      UInt(bitPattern: memory) & (UInt(FrameNumber.size) - 1) == 0,
      (UInt(bitPattern: descriptors) | UInt(bitPattern: words)) & 7 == 0
    else { return nil }
    let (first, count, cpus) = unsafe (
      FrameNumber(given.first_frame), given.frame_count, given.cpus
    )
    guard first.rawValue < most, 1...(most - first.rawValue) ~= count,
      1...4096 ~= cpus, let paging = unsafe PagingFeatures(given)
    else { return nil }
    self.paging = paging
    cpuCount = Int(cpus)
    unsafe self.memory =
      memory - Int(truncatingIfNeeded: first.address.rawValue)
    self.descriptors = unsafe DescriptorTable(
      at: descriptors, firstFrame: first, frameCount: Int(count))
    unsafe self.words = words
  }
}

extension PagingFeatures {
  /// The features that C describes, or nil if it says what there is not.
  fileprivate init?(_ given: fallow_machine) {
    let unused = unsafe given.reserved
    let flags = unsafe (
      given.has_no_memory_types, given.records_no_use,
      given.replaces_live_entries
    )
    let (level, bits) = unsafe (given.max_leaf_level, given.physical_bits)
    guard flags.0 | flags.1 | flags.2 <= 1,
      unused.0 | unused.1 | unused.2 | unused.3 == 0,
      unused.4 | unused.5 | unused.6 == 0,
      Int(level) <= CFormat.maxLeafLevel,
      bits == 0 || 32...CFormat.physicalAddressBits ~= UInt64(bits)
    else { return nil }
    self.init(
      maxLeafLevel: level == 0 ? CFormat.maxLeafLevel : Int(level),
      hasMemoryTypes: flags.0 == 0, recordsUse: flags.1 == 0,
      replacesLiveEntries: flags.2 != 0,
      physicalAddressBits: bits == 0
        ? CFormat.physicalAddressBits : UInt64(bits))
  }
}
