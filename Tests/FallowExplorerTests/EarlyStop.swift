// SPDX-License-Identifier: Apache-2.0

import Synchronization

@testable import FallowExplorer

extension SearchOptions {
  /// Ends a search that has found more states than a test has time for, which
  /// is incomplete then: 5,000 in a debug build, all that 1 MiB holds in one
  /// that is optimized.
  mutating func stopEarly() {
    #if DEBUG
      let states = Atomic(0)
      progress = {
        if case .states(let known, _, _) = $0 {
          states.store(known, ordering: .relaxed)
        }
      }
      isStopped = { states.load(ordering: .relaxed) > 5_000 }
    #else
      memory = 1
    #endif
  }
}
