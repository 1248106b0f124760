// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// The states that are known, each in full: for small searches that must not
/// rest on fingerprints.
final class ExactStates: Sendable {
  private let states = Mutex<(known: Set<[UInt64]>, words: Int)>(([], 0))

  /// Adds a state; false if it is there already.
  func insert(_ state: Cells, _ layout: Layout) -> Bool {
    var words = (0..<layout.digests).map { state[$0] }
    for actor in 0..<layout.actors {
      if Mentions(rawValue: state[layout.mentions + actor]).stands {
        words.append(state[layout.digests + actor])
        words.append(state[layout.mentions + actor])
        continue
      }
      let log = layout.log(of: actor)
      for index in 0..<layout.logWords(of: actor, in: state) {
        words.append(state[log + index])
      }
    }
    return states.withLock {
      guard $0.known.insert(words).inserted else { return false }
      // The array's header, and the set's own word for it.
      $0.words += words.count + 6
      return true
    }
  }

  /// The bytes that they take.
  var byteCount: Int { states.withLock { $0.words * 8 } }
}
