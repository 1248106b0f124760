// SPDX-License-Identifier: Apache-2.0

import FallowExplorer

/// A few instructions on each CPU, and an end of which is asked whether it can
/// come.
///
/// At first page 0 of two pages under one table is mapped to page 0 of memory,
/// page 1 to page 1, and either may be written; a shape says what differs.
struct LitmusShape: Sendable {
  /// What the architecture says of the end.
  enum Verdict: Sendable {
    case forbidden
    case allowed
    /// Allowed, and the machine does not reach it: see the article *What the
    /// machine has*.
    case allowedNotModelled
  }

  /// What must hold, or what may happen.
  var name: String
  /// The tests that others published of the same shape, by their names.
  var published: [String] = []
  var verdict: Verdict
  /// What page 0 is mapped to at first.
  var start: Leaf = .page(0)
  /// Whether each CPU's stores wait in a buffer.
  var buffersStores = false
  /// How many ASIDs there are; every CPU walks under the first.
  var asids = 1
  var cpus: [[Instruction]]
  /// What each CPU's reads come to at that end, in order; nil for anything.
  var end: [[LitmusResult?]]

  /// What a page is mapped to.
  enum Leaf: Hashable, Sendable {
    case none
    case page(Int)
    case readOnly(Int)
  }

  /// What a TLBI drops, and where.
  struct TLBI: Hashable, Sendable {
    var page: Int
    var tables = true
    var leaves = true
    var isLocal = false
    var asid: Int?
  }

  enum Instruction: Hashable, Sendable {
    /// Stores a leaf for a page.
    case set(Int, Leaf)
    case dsb
    case tlbi(TLBI)
    /// Loads from a page.
    case read(Int)
    /// Stores to a page.
    case write(Int)
    /// Loads the leaf of a page, as data.
    case readLeaf(Int)
    /// Sets the flag that CPUs signal with.
    case signal
    /// Loads it.
    case look
    /// Clears the entry that leads to the table.
    case unlinkTable
    /// Links another table, by which page 0 has a leaf.
    case linkTable(Leaf)
    /// Walks under an ASID from now on.
    case load(asid: Int)
  }
}

/// What an instruction that reads comes to.
enum LitmusResult: Hashable, Sendable {
  case notMapped
  case notWritable
  case reached(Int)
  case leaf(LitmusShape.Leaf)
  case signalled(Bool)
}

extension LitmusShape.Instruction {
  /// TLBI VAAE1IS: leaves and tables, of all ASIDs, on all CPUs.
  static func tlbi(_ page: Int) -> Self { .tlbi(LitmusShape.TLBI(page: page)) }

  /// TLBI VALE1IS: leaves alone.
  static func tlbiLeaf(_ page: Int) -> Self {
    .tlbi(LitmusShape.TLBI(page: page, tables: false))
  }

  /// TLBI VAAE1: on this CPU alone.
  static func tlbiLocal(_ page: Int) -> Self {
    .tlbi(LitmusShape.TLBI(page: page, isLocal: true))
  }

  /// TLBI VAE1IS: of one ASID.
  static func tlbi(_ page: Int, asid: Int) -> Self {
    .tlbi(LitmusShape.TLBI(page: page, asid: asid))
  }

  /// What it does under another invalidation.
  func changed(_ change: (inout LitmusShape.TLBI) -> Void) -> Self {
    guard case .tlbi(var tlbi) = self else { return self }
    change(&tlbi)
    return .tlbi(tlbi)
  }
}
