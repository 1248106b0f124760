// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import FallowCheckC

/// C protocols at random.
///
/// Function `n_first` and the like belong to protocol `n` of a file.
protocol GeneratedProtocols {
  /// What a file has before its protocols.
  static var prelude: String { get }

  /// What a seed makes of a protocol, whose functions' names begin with a
  /// prefix.
  static func text(seed: UInt64, prefix: String) -> String
}

extension GeneratedProtocols {
  /// A file of so many protocols; the seed is the first one's.
  static func file(seed: UInt64, count: Int) -> String {
    let protocols = (0..<count).map {
      text(seed: seed &+ UInt64($0), prefix: "p\($0)_")
    }
    return prelude + protocols.joined(separator: "\n")
  }

  /// Whether a function belongs to protocol `index`.
  static func belongs(_ name: String, to index: Int) -> Bool {
    name.hasPrefix("p\(index)_")
  }

  /// Compiles protocols, a hundred in one file, and gives each of them to
  /// `body`: the file, the seed of its first, and which it is.
  static func forEach(
    seed: UInt64, count: Int, _ body: (CCheck, UInt64, Int) throws -> Void
  ) throws {
    for first in stride(from: 0, to: count, by: 100) {
      let count = min(100, count - first)
      let seed = seed &+ UInt64(first)
      let program = try TemporaryC(file(seed: seed, count: count))
      let check = try CCheck(program.settings)
      for index in 0..<count { try body(check, seed, index) }
    }
  }
}

/// What the environment says of a test, or something else if it says nothing.
func setting<Number: LosslessStringConvertible>(
  _ name: String, or other: Number
) -> Number {
  ProcessInfo.processInfo.environment[name].flatMap(Number.init) ?? other
}
