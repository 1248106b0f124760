internal import Fallow

/// The frames that a log names, in the order of first naming: four bits each,
/// and above them a set of them.
struct Mentions: BitwiseCopyable {
  var rawValue: UInt64

  init(rawValue: UInt64 = 0) { self.rawValue = rawValue }

  /// The frames as a set.
  @inline(__always)
  var frames: UInt64 { rawValue &>> 32 }

  /// How many frames there are.
  @inline(__always)
  var count: Int { frames.nonzeroBitCount }

  @inline(__always)
  subscript(index: Int) -> Int {
    Int(truncatingIfNeeded: rawValue &>> UInt64(4 &* index) & 0xf)
  }

  @inline(__always)
  mutating func add(_ frame: Int) {
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: frame &+ 32)
    if rawValue & bit != 0 { return }
    let place = UInt64(truncatingIfNeeded: 4 &* count)
    rawValue |= bit | UInt64(truncatingIfNeeded: frame) &<< place
  }
}

/// A word of a log, for whoever renames frames.
struct LoggedAccess: BitwiseCopyable {
  var rawValue: UInt64

  @inline(__always)
  init(rawValue: UInt64) { self.rawValue = rawValue }

  @inline(__always)
  var access: Access {
    Access(rawValue: UInt8(truncatingIfNeeded: rawValue &>> 56)) ?? .none
  }

  @inline(__always)
  var target: Int { Int(truncatingIfNeeded: rawValue &>> 48 & 0xff) }

  /// The frame that the result names; out of range if it names none.
  @inline(__always)
  func frame(_ access: Access) -> Int {
    let result = UInt64(
      bitPattern: Int64(bitPattern: rawValue &<< 24) &>> 24)
    return switch access.result {
    case .number: -1
    case .entry:
      result & 3 == TinyEntry.present
        ? Layout.index(ofNumber: result &>> FrameNumber.shift) : -1
    case .field:
      rawValue &>> 40 & 0xff == UInt64(DescriptorField.link.rawValue)
        ? Layout.index(ofNumber: result &- 1) : -1
    case .listHead: Layout.index(ofNumber: result &- 1)
    case .frame: Layout.index(ofNumber: result)
    }
  }
}
