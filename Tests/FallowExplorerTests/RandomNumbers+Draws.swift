// SPDX-License-Identifier: Apache-2.0

import FallowMachine

/// What a protocol at random is drawn by.
extension RandomNumbers {
  /// Whether what is to happen so often of 100 times does.
  mutating func happens(_ percent: UInt64) -> Bool {
    next(below: 100) < percent
  }

  /// A number from 0 up, below `end`.
  mutating func below(_ end: Int) -> Int {
    Int(next(below: UInt64(end)))
  }

  /// One of several.
  mutating func one<Choice>(of choices: [Choice]) -> Choice {
    choices[below(choices.count)]
  }
}
