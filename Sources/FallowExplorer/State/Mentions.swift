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

  /// The frames that an access names.
  @inline(__always)
  mutating func add(_ logged: LoggedAccess, frames: Int) {
    if logged.access.targetsFrame, logged.target < frames {
      add(logged.target)
    }
    let named = FrameName.index(in: logged.result)
    if named >= 0, named < frames { add(named) }
  }
}
