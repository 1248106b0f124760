// SPDX-License-Identifier: Apache-2.0

/// Which release of the tool this is.
enum Version {
  /// The number, as packages and `--version` give it.
  static let current = "0.1.0"
}
