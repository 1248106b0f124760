// SPDX-License-Identifier: Apache-2.0

/// One table's way from the caller that frees it to its release.
struct TableLife: Sendable {
  /// Whether an entry names the table's frame at a moment.
  enum Naming: Sendable {
    case named, cleared, unknown
  }

  /// The address of the frame's descriptor.
  var descriptor: UInt64
  /// Which way the table took.
  var route: AuditSite.Route
  /// The function that freed it.
  var site: Symbol
  /// The callers of that function; nil if they were not recorded.
  var stack: CallStack?
  /// When it was freed: queued, or given back at once.
  var freed: AuditMoment
  /// A moment by which it was on the list.
  var listed: AuditMoment?
  /// The index of the run that released it.
  var run: Int?
  /// The index of the first run that left it on the list.
  var leftBy: Int?
  /// When it was released.
  var released: AuditMoment?

  /// The last moment at which an entry is known to name the frame.
  var lastNamed: AuditMoment?
  /// A moment from which on no entry names the frame.
  var clearedSince: AuditMoment?
  /// The entry that named it last: its address, 0 if it is not known.
  var entry: UInt64 = 0
  /// The recorder walked the page tables and met the entry when it was freed.
  var isNamedByWalkWhenFreed = false
  /// The recorder walked the page tables and met the entry at the release.
  var isNamedByWalkWhenReleased = false
  /// Its destructor had not run when it was freed; nil if unknown.
  var isConstructed: Bool?
  /// The reference count at the release; nil if unknown.
  var references: UInt16?

  init(
    _ descriptor: UInt64, route: AuditSite.Route, site: Symbol,
    freed: AuditMoment
  ) {
    self.descriptor = descriptor
    self.route = route
    self.site = site
    self.freed = freed
  }

  /// Whether an entry names the frame at `moment`.
  ///
  /// Nothing links the frame of a freed table again, so an entry that names
  /// it at one moment named it at every moment before, back to the free.
  func naming(at moment: AuditMoment) -> Naming {
    if let lastNamed, lastNamed >= moment { return .named }
    if let clearedSince, clearedSince <= moment { return .cleared }
    return .unknown
  }

  /// Nanoseconds from the free to the release; nil if it was not released.
  var wait: UInt64? {
    released.map { $0.time > freed.time ? $0.time - freed.time : 0 }
  }
}
