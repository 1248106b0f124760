// SPDX-License-Identifier: Apache-2.0

import Fallow

/// A CPU: the address space it is in, and what it cached.
struct SimulatedCPU {
  /// The tag of global leaves: no PCID has it.
  static var globalTag: UInt32 { 0x1ff_ffff }

  let caches: WalkerCaches
  var root = FrameNumber.none
  var rootGeneration: UInt32 = 0
  var pcid: UInt16 = 0
  /// Pages of which it cached that they are not mapped.
  var absentPages: Set<UInt64> = []

  /// Forgets what is tagged with a PCID; global leaves stay.
  mutating func flush(pcid: UInt16) {
    absentPages = absentPages.filter {
      CacheKey(rawValue: $0).tag != UInt32(pcid)
    }
    caches.leaves.removeAll { $0.tag == UInt32(pcid) }
    caches.removeStructures { $0.tag == UInt32(pcid) }
  }

  /// Forgets that pages of a range are not mapped, under whatever PCID.
  mutating func forgetAbsence(of pages: PageWindow) {
    if absentPages.isEmpty { return }
    absentPages = absentPages.filter {
      !CacheKey(rawValue: $0).overlaps(pages)
    }
  }

  /// Forgets what is tagged with any other PCID; global leaves stay.
  mutating func flushOtherPCIDs() {
    let own = UInt32(pcid)
    absentPages = absentPages.filter { CacheKey(rawValue: $0).tag == own }
    caches.leaves.removeAll { $0.tag != own && $0.tag != Self.globalTag }
    caches.removeStructures { $0.tag != own }
  }

  /// INVLPG for each page of a range: leaves of the current PCID and global
  /// ones go by address; paging-structure entries of the current PCID go
  /// whatever their address.
  mutating func invalidatePages(_ range: VirtualRange) {
    if range.isEmpty { return }
    let own = UInt32(pcid)
    let pages = PageWindow(range)
    forgetAbsence(of: pages)
    caches.leaves.removeAll {
      ($0.tag == own || $0.tag == Self.globalTag) && $0.overlaps(pages)
    }
    caches.removeStructures { $0.tag == own }
  }
}
