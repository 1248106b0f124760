// SPDX-License-Identifier: Apache-2.0

extension Oracle {
  /// Whether it says that the explorer cannot judge the code, not that the code
  /// is wrong.
  package var isLimit: Bool {
    switch self {
    case .endlessLoop, .endlessOperation, .unannouncedStore, .outOfMemory,
      .tooManyCalls:
      true
    default: false
    }
  }
}
