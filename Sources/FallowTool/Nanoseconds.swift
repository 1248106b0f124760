// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// A stretch of time on the command line: `0`, `250`, `100us`, `1ms`, `2s`.
///
/// A number without a unit is of nanoseconds.
struct Nanoseconds: ExpressibleByArgument, CustomStringConvertible, Equatable {
  /// How many nanoseconds.
  let value: UInt64

  /// So many nanoseconds.
  init(_ value: UInt64) {
    self.value = value
  }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let unit: UInt64
    switch argument.dropFirst(digits.count) {
    case "", "ns": unit = 1
    case "us": unit = 1_000
    case "ms": unit = 1_000_000
    case "s": unit = 1_000_000_000
    default: return nil
    }
    guard let number = UInt64(digits) else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: unit)
    if overflow { return nil }
    self.value = value
  }

  var description: String {
    let units: [(UInt64, String)] = [
      (1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"),
    ]
    for (unit, name) in units where value > 0 && value % unit == 0 {
      return "\(value / unit)\(name)"
    }
    return value == 0 ? "0" : "\(value)ns"
  }
}
