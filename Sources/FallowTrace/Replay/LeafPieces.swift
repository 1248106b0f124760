// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// The runs of equal leaves by which Linux maps a physical range.
///
/// A leaf of 2^k bytes is used where k is at most `shift`, the rest of the
/// range holds it, and both addresses are aligned to it: `vmap_range_noflush`.
struct LeafPieces: Sequence, IteratorProtocol {
  /// A run of leaves of one level.
  struct Piece {
    /// The addresses it maps.
    var range: VirtualRange
    /// The level of its leaves.
    var level: Int
    /// How many bytes into the whole range it begins.
    var offset: UInt64
  }

  private let start: UInt64
  private let size: UInt64
  private let phys: UInt64
  private let maxLevel: Int
  private var done: UInt64 = 0

  /// The pieces of `start` to `end` over physical addresses from `phys` on.
  init(start: UInt64, end: UInt64, phys: UInt64, shift: Int) {
    self.start = start
    size = end > start ? (end - start) & ~4095 : 0
    self.phys = phys
    maxLevel = Self.maxLevel(shift: shift)
  }

  /// The level of the largest leaf of at most 2^`shift` bytes.
  static func maxLevel(shift: Int) -> Int {
    shift >= 30 ? 3 : shift >= 21 ? 2 : 1
  }

  /// Whether a replay can make the leaves of a range one by one: at most 16 GiB
  /// where they are small, and 1 TiB where they are large.
  ///
  /// More than that in one call is a damaged number, or needs more tables than
  /// the simulated machine has.
  static func areFew(
    start: UInt64, end: UInt64, phys: UInt64, shift: Int
  ) -> Bool {
    guard start < end else { return false }
    let large = X86FourLevel.span(of: 2)
    let areLarge =
      maxLevel(shift: shift) > 1 && (start ^ phys) & (large - 1) == 0
    return end - start <= (areLarge ? 1 << 40 : 1 << 34)
  }

  /// The next piece: one leaf if it is large, else all small ones up to where
  /// a large one may begin.
  mutating func next() -> Piece? {
    guard done < size else { return nil }
    let offset = done
    let level = level(at: offset)
    if level > 1 {
      done += X86FourLevel.span(of: level)
    } else {
      repeat { done += 4096 } while done < size && self.level(at: done) == 1
    }
    return Piece(
      range: VirtualRange(
        start: VirtualAddress(start &+ offset), size: done - offset),
      level: level, offset: offset)
  }

  private func level(at offset: UInt64) -> Int {
    let alignment = (start &+ offset) | (phys &+ offset)
    return [3, 2].first {
      let span = X86FourLevel.span(of: $0)
      return $0 <= maxLevel && alignment & (span - 1) == 0
        && span <= size - offset
    } ?? 1
  }
}
