// SPDX-License-Identifier: Apache-2.0

internal import FallowMachine

/// The entries of an ``EventStore`` that do not fit into memory.
final class EventFile: Sendable {
  typealias Entry = EventStore.Entry

  private static let stride = MemoryLayout<Entry>.stride

  private let file = UnnamedFile()

  /// Writes entries, the first of them with the number `first`.
  ///
  /// - Throws: ``TraceError/cannotRead(path:reason:)`` if there is no room.
  func write(_ entries: [Entry], from first: Int) throws(TraceError) {
    do throws(UnnamedFile.Failure) {
      try unsafe entries.withUnsafeBufferPointer {
        (entries) throws(UnnamedFile.Failure) in
        try unsafe file.write(
          UnsafeRawBufferPointer(entries), at: first * Self.stride)
      }
    } catch {
      throw .cannotRead(
        path: "temporary file",
        reason: "no room for the events of the recording (error "
          + "\(error.number)); set TMPDIR to a folder that has some")
    }
  }

  /// The `count` entries from the one with the number `first` on.
  ///
  /// - Precondition: They were written, and the file can be read.
  func read(_ count: Int, from first: Int) -> [Entry] {
    unsafe [Entry](unsafeUninitializedCapacity: count) { room, filled in
      let bytes = unsafe UnsafeMutableRawBufferPointer(
        start: room.baseAddress, count: count * Self.stride)
      unsafe file.read(into: bytes, at: first * Self.stride)
      filled = count
    }
  }
}
