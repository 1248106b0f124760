// SPDX-License-Identifier: Apache-2.0

/// What a CPU has stored and no other sees yet: two words.
struct BufferedStore: BitwiseCopyable {
  /// What it will change.
  enum Kind: UInt64 {
    case none
    /// An entry of a table.
    case entry
    /// A word of a frame's descriptor.
    case field
    /// A word of the kernel.
    case word
    /// A lock, which is given back.
    case unlock
    /// A read section, which begins.
    case enter
    /// A read section, which ends.
    case leave
    /// Bytes of a program's memory.
    case memory
    /// Bytes of a program's words of a frame's descriptor.
    case ownField
  }

  /// 8 bits kind, 16 frame or word or lock or actor, 16 index.
  var place: UInt64
  var value: UInt64

  init(place: UInt64, value: UInt64) {
    self.place = place
    self.value = value
  }

  init(_ kind: Kind, _ target: Int, _ index: Int = 0, value: UInt64 = 0) {
    place = kind.rawValue << 56 | UInt64(target) << 40 | UInt64(index) << 24
    self.value = value
  }

  /// The store that `cells` hold at a place of a buffer.
  init(in cells: Cells, at index: Int) {
    self.init(place: cells[index], value: cells[index + 1])
  }

  func write(to cells: Cells, at index: Int) {
    cells[index] = place
    cells[index + 1] = value
  }

  var kind: Kind { Kind(rawValue: place >> 56) ?? .none }
  /// The frame, the word, the lock or the actor.
  var target: Int { Int(place >> 40 & 0xffff) }
  /// The entry or the descriptor's word of the frame.
  var index: Int { Int(place >> 24 & 0xffff) }
  /// Whether its target is a frame.
  var targetsFrame: Bool {
    kind == .entry || kind == .field || kind == .ownField
  }
}
