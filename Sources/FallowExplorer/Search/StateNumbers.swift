// SPDX-License-Identifier: Apache-2.0

/// Numbers of states by their fingerprints, in the order in which these come.
///
/// It is a table in open addressing: a dictionary would hash what is a hash.
struct StateNumbers {
  /// A power of two of them, half of which are in use at most; 0 is none.
  private var fingerprints = [UInt64](repeating: 0, count: 1 << 10)
  private var numbers = [Int32](repeating: 0, count: 1 << 10)
  private var count = 0

  /// The number of a fingerprint that is not 0: the next one if it is new.
  mutating func number(of fingerprint: UInt64) -> Int32 {
    let place = place(of: fingerprint)
    if fingerprints[place] == fingerprint { return numbers[place] }
    let number = Int32(count)
    count += 1
    fingerprints[place] = fingerprint
    numbers[place] = number
    if count * 2 > fingerprints.count { grow() }
    return number
  }

  /// Where a fingerprint is, or is to be.
  private func place(of fingerprint: UInt64) -> Int {
    let mask = fingerprints.count - 1
    var place = Int(truncatingIfNeeded: fingerprint) & mask
    while fingerprints[place] != 0, fingerprints[place] != fingerprint {
      place = (place + 1) & mask
    }
    return place
  }

  private mutating func grow() {
    let old = self
    let size = old.fingerprints.count * 2
    fingerprints = Array(repeating: 0, count: size)
    numbers = Array(repeating: 0, count: size)
    for index in old.fingerprints.indices where old.fingerprints[index] != 0 {
      let place = place(of: old.fingerprints[index])
      fingerprints[place] = old.fingerprints[index]
      numbers[place] = old.numbers[index]
    }
  }
}
