// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowTool

/// Stretches of time are read with their unit, and printed so.
@Suite struct NanosecondsTests {
  @Test(
    arguments: [
      ("0", 0), ("0s", 0), ("250", 250), ("250ns", 250), ("100us", 100_000),
      ("1ms", 1_000_000), ("2s", 2_000_000_000),
      ("18446744073709551615", .max),
    ] as [(String, UInt64)])
  func areRead(text: String, value: UInt64) {
    #expect(Nanoseconds(argument: text)?.value == value)
  }

  @Test(arguments: [
    "", "s", "1h", "-1", "+1", "1.5ms", " 1", "1 ms", "1msx", "٣",
    "18446744073709551616", "18446744074s",
  ])
  func areRefused(text: String) {
    #expect(Nanoseconds(argument: text) == nil)
  }

  @Test(arguments: [0, 1, 999, 1_000, 1_500, 1_000_000, 90_000_000_000])
  func arePrintedAsTheyAreRead(value: UInt64) {
    let time = Nanoseconds(value)
    #expect(Nanoseconds(argument: "\(time)") == time)
  }
}
