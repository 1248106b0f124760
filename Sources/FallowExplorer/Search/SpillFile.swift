// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A file without a name, for what a search does not keep in memory.
///
/// It is made in the folder that `TMPDIR` names, or in `/tmp`, when something
/// is written first.
@safe
final class SpillFile: @unchecked Sendable {
  private var descriptor: Int32 = -1
  private var cannotBeMade = false

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Writes bytes; false if the disk does not take them.
  func write(
    _ bytes: UnsafeMutableRawPointer, count: Int, at offset: Int
  ) -> Bool {
    if descriptor < 0 { make() }
    var done = 0
    while done < count, !cannotBeMade {
      let written = unsafe pwrite(
        descriptor, bytes + done, count - done, off_t(offset + done))
      if written < 0, errno == EINTR { continue }
      if written <= 0 { return false }
      done += written
    }
    return done == count
  }

  /// Reads bytes that were written.
  func read(
    into bytes: UnsafeMutableRawPointer, count: Int, at offset: Int
  ) {
    var done = 0
    while done < count {
      let found = unsafe pread(
        descriptor, bytes + done, count - done, off_t(offset + done))
      if found < 0, errno == EINTR { continue }
      precondition(found > 0, "what was written to a file cannot be read")
      done += found
    }
  }

  /// Gives the room on the disk back.
  func removeAll() { if descriptor >= 0 { ftruncate(descriptor, 0) } }

  private func make() {
    let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) }
    var path = Array("\(folder ?? "/tmp")/fallow-XXXXXX".utf8CString)
    descriptor = unsafe mkstemp(&path)
    cannotBeMade = descriptor < 0
    if !cannotBeMade { unsafe unlink(path) }
  }
}
