// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowHeader

// What devices may still use, kept by a language without tokens: a token is made
// of a `struct fallow_stale` for the time of a call.

typealias CStale = UnsafeMutablePointer<fallow_stale>

extension fallow_stale {
  // A struct that is zero is empty: frames are kept as one more than their
  // number.

  /// Set in the root where the range is the kernel half's.
  fileprivate static var kernelBit: UInt64 { 1 << 63 }

  /// What a token holds, as C keeps it.
  init(_ contents: StaleContents) {
    self.init(
      start: contents.range.start.rawValue, size: contents.range.size,
      library: (
        (contents.root.rawValue &+ 1)
          | (contents.isKernel ? Self.kernelBit : 0),
        contents.head.rawValue &+ 1,
        contents.head == .none ? 0 : contents.tail.rawValue &+ 1
      ))
  }

  /// What a token is to hold; what the library did not fill in is a fault.
  var contents: StaleContents {
    let contents = StaleContents(
      root: Self.frame(library.0 & ~Self.kernelBit),
      isKernel: library.0 & Self.kernelBit != 0, range: range(start, size),
      head: Self.frame(library.1), tail: Self.frame(library.2))
    guard contents.isValid else {
      stop(FALLOW_INVALID_RECORD, at: contents.head)
    }
    return contents
  }

  private static func frame(_ word: UInt64) -> FrameNumber {
    word == 0 ? .none : FallowC.frame(word &- 1)
  }
}

extension StaleContents {
  /// Whether its tables are unlinked tables of its space.
  fileprivate var isValid: Bool {
    if head == .none { return tail == .none }
    return !isKernel && isUnlinked(head) && isUnlinked(tail)
  }

  private func isUnlinked(_ table: FrameNumber) -> Bool {
    if table == .none { return false }
    let platform = CPlatform()
    return TypeWord(of: table).isTable(in: .unlinked)
      && platform.load(.binding, of: table) == root.rawValue
  }
}

extension TypeWord {
  /// What the descriptor says that the frame is.
  init(of frame: FrameNumber) {
    self.init(
      rawValue: UInt32(
        truncatingIfNeeded: CPlatform().load(.typeWord, of: frame)))
  }
}

/// Finds a record that is not of the space from `root` on, before anything is
/// changed.
@inline(__always)
func check(_ stale: CStale?, of root: FrameNumber) {
  guard let stale = unsafe stale else { return }
  let (space, table, _) = unsafe stale.pointee.library
  if table == 0 && (space == 0 || space == root.rawValue &+ 1) { return }
  unsafe checkContents(of: stale, root)
}

@inline(never)
private func checkContents(of stale: CStale, _ root: FrameNumber) {
  let contents = unsafe stale.pointee.contents
  if contents.root != .none && contents.root != root {
    CPlatform().fault(.wrongSpace, at: contents.root)
  }
}

/// Adds addresses of a space to a record that was checked, unless C does not
/// want to know.
@inline(__always)
func add<Half>(
  _ range: VirtualRange, of tables: CTree<Half>, to stale: CStale?
) {
  guard let stale = unsafe stale, !range.isEmpty else { return }
  unsafe stale.pointee.add(range, of: tables.root, isKernel: Half.isKernel)
}

/// Adds what an operation handed out to a record that was checked.
@inline(__always)
func add(_ added: consuming CStaleRange, to stale: CStale) {
  let contents = unsafe added.contents()
  if contents.head != .none {
    unsafe addTables(contents, to: stale)
  } else if contents.root != .none {
    unsafe stale.pointee.add(
      contents.range, of: contents.root, isKernel: contents.isKernel)
  }
}

@inline(never)
private func addTables(_ contents: StaleContents, to stale: CStale) {
  var all = unsafe StaleRange(stale.pointee.contents, on: CPlatform())
  unsafe all.merge(StaleRange(contents, on: CPlatform()))
  unsafe stale.pointee = unsafe fallow_stale(all.contents())
}

extension fallow_stale {
  /// Adds addresses of the same space.
  @inline(never)
  fileprivate mutating func add(
    _ range: VirtualRange, of root: FrameNumber, isKernel: Bool
  ) {
    var (first, last) = (range.start.rawValue, range.last.rawValue)
    if library.0 != 0 {
      first = min(first, start)
      last = max(last, start &+ (size &- 1))
    }
    start = first
    size = last &- first &+ 1
    library.0 = (root.rawValue &+ 1) | (isKernel ? Self.kernelBit : 0)
  }
}
