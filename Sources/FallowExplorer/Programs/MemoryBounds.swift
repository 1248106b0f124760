// SPDX-License-Identifier: Apache-2.0

/// How much memory a program brings that is not written over the machine's own
/// words, such as compiled C.
package struct MemoryBounds: Equatable, BitwiseCopyable, Sendable {
  /// Words of 64 bits: data, then the heap, then the stacks' shares.
  package var words = 0
  /// The first word of the heap, which can be given back.
  package var heap = 0
  /// The first word of the stacks' shares: what actors let others see of their
  /// stacks.
  package var stacks = 0
  /// How many words of it each actor has.
  package var wordsPerStack = 0
  /// Words of each frame's descriptor.
  package var wordsPerDescriptor = 0

  /// How many calls can be put off at once.
  static let calls = 4
  /// A function, its argument, and who is to call it.
  static let wordsPerCall = 3

  /// None.
  package init() {}

}

extension Bounds {
  /// Whether an actor carries out calls that wait for readers.
  var hasCallbacks: Bool { callbacks || memory.words > 0 }

  /// The calls that are put off, then the arguments of those under way.
  var wordsOfCalls: Int {
    hasCallbacks
      ? MemoryBounds.calls * MemoryBounds.wordsPerCall
        + CallKind.allCases.count : 0
  }
}

/// The actor that carries out a call that was put off.
package enum CallKind: Int, CaseIterable, Sendable {
  /// The worker, which may sleep.
  case worker
  /// An actor that may not, once all readers of its time have left.
  case callback
}
