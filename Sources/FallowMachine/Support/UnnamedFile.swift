// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A file without a name, for what does not fit into memory: it is gone when
/// the process is.
///
/// It is made in the folder that `TMPDIR` names, or in `/tmp`, when something
/// is written first. Several threads may read at the same time; while one
/// writes, no other may use it.
@safe
package final class UnnamedFile: @unchecked Sendable {
  /// The error number of what the system refused.
  package struct Failure: Error {
    package let number: Int32
  }

  private var descriptor: Int32 = -1

  /// A file that is not made yet.
  package init() {}

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Writes bytes.
  ///
  /// - Throws: ``Failure`` if the file cannot be made, or has no room.
  package func write(
    _ bytes: UnsafeRawBufferPointer, at offset: Int
  ) throws(Failure) {
    if descriptor < 0 { try make() }
    var done = 0
    while done < bytes.count {
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
      let written = unsafe pwrite(
        descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if written < 0, errno == EINTR { continue }
      if written <= 0 { throw Failure(number: errno) }
      done += written
    }
  }

  /// Reads bytes that were written.
  ///
  /// - Precondition: The file can be read.
  package func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
    var done = 0
    while done < bytes.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
      let found = unsafe pread(
        descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if found < 0, errno == EINTR { continue }
      precondition(found > 0, "what was written to a file cannot be read")
      done += found
    }
  }

  /// Gives the room on the disk back.
  package func removeAll() {
    if descriptor >= 0 { ftruncate(descriptor, 0) }
  }

  private func make() throws(Failure) {
    let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) }
    var path = Array("\(folder ?? "/tmp")/fallow-XXXXXX".utf8CString)
    descriptor = unsafe mkstemp(&path)
    if descriptor < 0 { throw Failure(number: errno) }
    unsafe unlink(path)
  }
}
