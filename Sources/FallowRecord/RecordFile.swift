// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The file that a recording is written to, or standard output.
struct RecordFile: ~Copyable {
  private let path: String
  private let file: Descriptor
  private var buffer: [UInt8] = []

  /// What is written at once.
  private static let bufferSize = 1 << 16

  /// Creates the file with mode 0600: a recording holds addresses of the
  /// kernel, which help an attacker.
  ///
  /// - Parameters:
  ///   - path: Its path; `-` is standard output.
  ///   - replaces: An existing file is removed first.
  /// - Throws: ``RecordError/fileExists(path:)``, or
  ///   ``RecordError/cannotWrite(path:reason:)``.
  init(path: String, replaces: Bool) throws(RecordError) {
    self.path = path
    if path == "-" {
      let copy = dup(STDOUT_FILENO)
      guard copy >= 0 else {
        throw .cannotWrite(path: path, reason: SystemFile.reason)
      }
      file = Descriptor(owning: copy)
      return
    }
    if replaces { _ = unsafe unlink(path) }
    let number = unsafe open(
      path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o600))
    guard number >= 0 else {
      if errno == EEXIST { throw .fileExists(path: path) }
      throw .cannotWrite(path: path, reason: SystemFile.reason)
    }
    file = Descriptor(owning: number)
  }

  /// Whether `path` can be created, to be asked before any work.
  static func check(path: String, replaces: Bool) throws(RecordError) {
    var status = stat()
    guard path != "-", unsafe lstat(path, &status) == 0 else { return }
    if !replaces { throw .fileExists(path: path) }
    if status.st_mode & S_IFMT != S_IFREG {
      throw .cannotWrite(path: path, reason: "it is not a plain file")
    }
  }

  /// Adds a line.
  mutating func write(line: String) throws(RecordError) {
    buffer.append(contentsOf: line.utf8)
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Writes what is held back.
  mutating func flush() throws(RecordError) {
    var start = 0
    while start < buffer.count {
      let count = unsafe buffer.withUnsafeBytes { bytes in
        unsafe Self.write(
          file.number, UnsafeRawBufferPointer(rebasing: bytes[start...]))
      }
      if count < 0, errno != EINTR {
        throw .cannotWrite(path: path, reason: SystemFile.reason)
      }
      start += max(0, count)
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// The system's `write`, which the method of that name hides.
  private static func write(
    _ file: Int32, _ bytes: UnsafeRawBufferPointer
  ) -> Int {
    #if canImport(Glibc)
      unsafe Glibc.write(file, bytes.baseAddress, bytes.count)
    #elseif canImport(Musl)
      unsafe Musl.write(file, bytes.baseAddress, bytes.count)
    #else
      unsafe Darwin.write(file, bytes.baseAddress, bytes.count)
    #endif
  }

  /// Removes the file again.
  func discard() {
    if path != "-" { _ = unsafe unlink(path) }
  }
}
