// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// The walker, and where its request comes from.
struct Requester {
  /// The walker.
  var walker: Walker
  /// The number of the address space, for reports.
  var pasid: PASID
  /// What its cached entries are tagged with.
  var tag: UInt32
  /// The tag of leaves that every address space shares; nil if the walker
  /// makes no difference.
  var globalTag: UInt32?
  /// The root of the tables.
  var root: FrameNumber
  /// The generation of that frame when the walker learned of it.
  var rootGeneration: UInt32
  /// Whether the walker sets accessed and dirty bits; if not, it refuses
  /// leaves that lack them.
  var updatesBits = true
  /// Whether it sets accessed bits of entries that point to tables, where the
  /// format leaves that open.
  var marksTables = false
}

/// An access that a walker translates.
struct Request {
  var address: VirtualAddress
  var isWrite: Bool
  var isUser: Bool
}

/// How an access ended.
public enum AccessResult: Equatable, Sendable {
  /// It reached that physical address.
  case reached(PhysicalAddress)
  /// The entry of a table of that level leads nowhere.
  case notPresent(level: Int)
  /// The IOMMU has no address space for the device and PASID.
  case blocked
  /// The leaf of that level, or an entry above it, does not allow it.
  case refused(level: Int)
  /// The IOMMU let it through, untranslated: no address space restricts it.
  case untranslated
}
