// SPDX-License-Identifier: Apache-2.0

/// An access of an operation as its log keeps it: which it was, and its
/// result in full.
struct LoggedAccess: BitwiseCopyable {
  /// 8 bits kind, 16 target, 16 detail.
  var key: UInt64
  var result: UInt64

  @inline(__always)
  init(key: UInt64, result: UInt64) {
    self.key = key
    self.result = result
  }

  @inline(__always)
  init(_ access: Access, _ target: Int, _ detail: Int, result: UInt64 = 0) {
    key =
      UInt64(access.rawValue) &<< 56
      | UInt64(truncatingIfNeeded: target & 0xffff) &<< 40
      | UInt64(truncatingIfNeeded: detail & 0xffff) &<< 24
    self.result = result
  }

  /// The access that `cells` hold at a place of a log.
  @inline(__always)
  init(in cells: Cells, at index: Int) {
    self.init(key: cells[index], result: cells[index &+ 1])
  }

  @inline(__always)
  func write(to cells: Cells, at index: Int) {
    cells[index] = key
    cells[index &+ 1] = result
  }

  @inline(__always)
  var access: Access {
    Access(rawValue: UInt8(truncatingIfNeeded: key &>> 56)) ?? .none
  }

  /// Whether its kind is one of a set, a bit each.
  @inline(__always)
  func isOne(of kinds: UInt64) -> Bool { kinds &>> (key &>> 56) & 1 != 0 }

  @inline(__always)
  var target: Int {
    get { Int(truncatingIfNeeded: key &>> 40 & 0xffff) }
    set {
      key =
        key & ~(0xffff &<< 40)
        | UInt64(truncatingIfNeeded: newValue & 0xffff) &<< 40
    }
  }

  @inline(__always)
  var detail: Int {
    get { Int(truncatingIfNeeded: key &>> 24 & 0xffff) }
    set {
      key =
        key & ~(0xffff &<< 24)
        | UInt64(truncatingIfNeeded: newValue & 0xffff) &<< 24
    }
  }
}
