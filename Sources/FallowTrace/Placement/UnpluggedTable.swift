// SPDX-License-Identifier: Apache-2.0

/// A table of unplugged memory: what `remove_pagetable` did with it.
struct UnpluggedTable {
  /// How it went back.
  enum Route {
    /// By the list and its worker.
    case queued
    /// Past the list, while its entry still pointed to it.
    case atOnce
    /// The recording does not say.
    case unknown
  }

  /// Its descriptor.
  var descriptor: UInt64
  /// Its page's flags; nil if there was no `hot_free`.
  var flags: UInt64?
  /// The addresses, in registers, of which one may be its entry's.
  var registers: [UInt64] = []
  /// What was being unmapped; nil if that is not recorded.
  var range: Range<UInt64>?
  /// The index of its `hot_free`.
  var hotFree: Int?
  /// The index of its `kpt_free`.
  var tableFree: Int?
  /// The index of the event at which its entry was cleared.
  var cleared: Int?
  /// How it went back.
  var route = Route.unknown
  /// Whether `fallow record` saw that its entry named it when it was queued.
  var wasSeenNamed = false
  /// Whether it saw that an entry named it when an invalidation began.
  var isNamedAtInvalidation = false
  /// Whether it was given back.
  var isReleased = false
  /// Whether it was given back, by the worker, before its entry was cleared.
  var isReleasedWhileNamed = false
  /// Where it was linked.
  var place = Place.unknown
  /// Its level, also where its window is not known.
  var level: LinuxLevel?

  /// Finds its place by its registers: the window of the range, of one level,
  /// that one of them stands for, if there is one only.
  ///
  /// A register that is known to hold the address of another table's entry is
  /// left out.
  mutating func findPlace(_ entries: KnownEntries) {
    guard let range else { return }
    var slots = registers.compactMap(EntrySlot.init(at:))
      .filter { entries[$0.address]?.names(descriptor) ?? true }
    let certain = slots.filter { entries[$0.address] != nil }
    if !certain.isEmpty { slots = certain }
    var places: Set<Place> = []
    for slot in slots {
      for level in LinuxLevel.allCases {
        guard let window = slot.window(of: level, in: range) else { continue }
        places.insert(.exact(address: window, level: level))
      }
    }
    guard places.count == 1, let place = places.first else { return }
    self.place = place
    if case .exact(_, let level) = place { self.level = level }
  }

  /// Takes note that an entry of a table of `level`'s parent is cleared.
  ///
  /// - Returns: Whether it was this table's.
  mutating func clear(
    _ entry: UInt64, _ value: UInt64, level: LinuxLevel, at index: Int
  ) -> Bool {
    guard EntryValue(value).names(descriptor) else { return false }
    cleared = index
    self.level = level
    isReleasedWhileNamed = route == .queued && isReleased
    if let range, let slot = EntrySlot(at: entry),
      let window = slot.window(of: level, in: range)
    {
      place = .exact(address: window, level: level)
    }
    return true
  }
}
