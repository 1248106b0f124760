// SPDX-License-Identifier: Apache-2.0

/// The events of a recording, by their index.
///
/// Few of them are in memory: those of a long recording lie in a temporary file
/// that has no name, and come back in blocks.
public struct RecordedEvents: RandomAccessCollection, Sendable {
  private let store: EventStore

  init(_ store: EventStore) {
    self.store = store
  }

  /// Zero.
  public var startIndex: Int { 0 }

  /// How many events there are.
  public var endIndex: Int { store.count }

  /// The event at `index`.
  ///
  /// - Parameter index: The number of the event, from 0.
  /// - Precondition: There is one.
  /// - Complexity: O(1), and a read of the file for each block.
  public subscript(index: Int) -> TraceEvent {
    store.entry(at: index).event
  }

  /// The place of the table that the event at `index` frees, as far as the
  /// events up to it say.
  func place(at index: Int) -> Place? {
    store.entry(at: index).place
  }
}
