// SPDX-License-Identifier: Apache-2.0

/// A stream of random numbers that a seed determines.
///
/// SplitMix64, by Sebastiano Vigna (public domain): one word of state, the
/// same numbers on every machine.
public struct RandomNumbers: BitwiseCopyable, Sendable {
  private var state: UInt64

  /// The stream with number `stream` of those that `seed` determines.
  ///
  /// - Parameters:
  ///   - seed: The seed.
  ///   - stream: The number of one of the seed's independent sequences.
  public init(seed: UInt64, stream: UInt64) {
    state = seed
    state = next() ^ stream &* 0xd1b5_4a32_d192_ed03
    state = next()
  }

  /// The stream that continues from `state`.
  init(state: UInt64) {
    self.state = state
  }

  /// The next number, uniform over all of 64 bits.
  @inline(__always)
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word &>> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word &>> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word &>> 31
  }

  /// The next number below `bound`.
  ///
  /// The bias is below `bound` in 2^64.
  ///
  /// - Parameter bound: The bound, above 0.
  @inline(__always)
  public mutating func next(below bound: UInt64) -> UInt64 {
    next().multipliedFullWidth(by: bound).high
  }

  /// The next number of an exponential distribution of mean 1.
  ///
  /// The logarithm is a short series of exactly rounded operations, so that it
  /// is the same everywhere; it is off by less than one part in 10^5.
  mutating func nextExponential() -> Double {
    let uniform = Double(next() &>> 11 | 1) * 0x1p-53
    let significand = uniform.significand
    let ratio = (significand - 1) / (significand + 1)
    let square = ratio * ratio
    let series =
      1 + square * (1 / 3 + square * (1 / 5 + square * (1 / 7 + square / 9)))
    return
      -(Double(uniform.exponent) * 0.693_147_180_559_945_3
      + 2 * ratio * series)
  }
}
