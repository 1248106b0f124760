// SPDX-License-Identifier: Apache-2.0

/// Why an operation on a stepping machine stopped in its middle.
public enum Stop: UInt8, Error, BitwiseCopyable {
  /// It made the one shared access of its turn.
  case step
  /// It has to wait for another actor.
  case blocked
  /// It did what must not happen.
  case violation
}
