/// What a CPU has stored and no other sees yet, packed like a word of a log.
struct BufferedStore: BitwiseCopyable {
  /// What it will change.
  enum Kind: UInt64 {
    case none
    /// An entry of a table.
    case entry
    /// A word of the kernel.
    case word
    /// A lock, which is given back.
    case unlock
    /// A read section, which begins.
    case enter
    /// A read section, which ends.
    case leave
  }

  /// 8 bits kind, 8 frame or word or lock or actor, 8 index, 40 value.
  var rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  init(_ kind: Kind, _ target: Int, _ index: Int = 0, value: UInt64 = 0) {
    rawValue =
      kind.rawValue << 56 | UInt64(target) << 48 | UInt64(index) << 40 | value
  }

  var kind: Kind { Kind(rawValue: rawValue >> 56) ?? .none }
  /// The frame, the word, the lock or the actor.
  var target: Int { Int(rawValue >> 48 & 0xff) }
  /// The entry of the frame.
  var index: Int { Int(rawValue >> 40 & 0xff) }
  var value: UInt64 { rawValue & 0xff_ffff_ffff }
}

/// A full fence that is missing: what should be one locked operation loads,
/// and stores like any other store.
enum MissingFence: UInt8, Sendable {
  case none
  /// Whoever begins a read section does not wait until that is seen.
  case readSection
  /// The worker says by a mere store that it flushes the CPUs.
  case flushMark
}
