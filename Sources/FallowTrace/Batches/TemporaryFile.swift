// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file without a name, of entries of equal size: it is gone when the process
/// is.
final class TemporaryFile: Sendable {
  typealias Entry = EventStore.Entry

  private let descriptor: Int32

  /// Makes an empty file in the folder that `TMPDIR` names, or in `/tmp`.
  ///
  /// - Throws: ``TraceError/cannotRead(path:reason:)`` if that is not possible.
  init() throws(TraceError) {
    let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) }
    var path = Array(((folder ?? "/tmp") + "/fallow-XXXXXX").utf8CString)
    descriptor = unsafe mkstemp(&path)
    guard descriptor >= 0 else { throw Self.error }
    unsafe unlink(path)
  }

  deinit {
    close(descriptor)
  }

  /// Adds entries at the end.
  ///
  /// - Throws: ``TraceError/cannotRead(path:reason:)`` if there is no room.
  func append(_ entries: [Entry]) throws(TraceError) {
    let isWritten = unsafe entries.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
        let count = unsafe write(descriptor, rest.baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return false }
        done += count
      }
      return true
    }
    if !isWritten { throw Self.error }
  }

  /// The `count` entries from the one with the number `first` on.
  ///
  /// - Precondition: They were written, and the file can be read.
  func read(_ count: Int, from first: Int) -> [Entry] {
    let stride = MemoryLayout<Entry>.stride
    return unsafe [Entry](unsafeUninitializedCapacity: count) { room, filled in
      let bytes = UnsafeMutableRawBufferPointer(room)
      var done = 0
      while done < count * stride {
        let rest = unsafe UnsafeMutableRawBufferPointer(
          rebasing: bytes[done...])
        let got = unsafe pread(
          descriptor, rest.baseAddress, count * stride - done,
          first * stride + done)
        if got < 0 && errno == EINTR { continue }
        precondition(got > 0, "a temporary file cannot be read")
        done += got
      }
      filled = count
    }
  }

  private static var error: TraceError {
    .cannotRead(
      path: "temporary file",
      reason: "no room for the events of the recording (error \(errno)); set "
        + "TMPDIR to a folder that has some")
  }
}
