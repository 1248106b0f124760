// SPDX-License-Identifier: Apache-2.0

/// A full fence that is missing: what should be one locked operation loads,
/// and stores like any other store.
enum MissingFence: UInt8, Sendable {
  case none
  /// A read section begins before that is seen.
  case readSection
  /// The worker says by a mere store that it flushes the CPUs.
  case flushMark
}
