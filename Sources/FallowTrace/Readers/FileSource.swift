// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file, a pipe or standard input (`-`).
struct FileSource: ByteSource, ~Copyable {
  private let path: String
  private let descriptor: Int32

  /// The file's size in bytes; nil for what is not a plain file.
  let size: Int?

  /// Opens `path`.
  ///
  /// - Throws: ``TraceError/cannotOpen(path:reason:)``, or
  ///   ``TraceError/isDirectory(path:)``.
  init(path: String) throws(TraceError) {
    let descriptor = path == "-" ? 0 : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .cannotOpen(path: path, reason: Self.reason(errno))
    }
    var status = stat()
    let known = unsafe fstat(descriptor, &status) == 0
    let kind = known ? status.st_mode & S_IFMT : 0
    if kind == S_IFDIR {
      if descriptor != 0 { close(descriptor) }
      throw .isDirectory(path: path)
    }
    self.path = path
    self.descriptor = descriptor
    size = kind == S_IFREG ? Int(status.st_size) : nil
  }

  deinit {
    if descriptor != 0 { close(descriptor) }
  }

  mutating func read(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(TraceError) -> Int {
    while true {
      let count = unsafe readBytes(descriptor, into: buffer)
      if count >= 0 { return count }
      guard errno == EINTR else {
        throw .cannotRead(path: path, reason: Self.reason(errno))
      }
    }
  }

  private static func reason(_ code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
  }
}

/// The system's `read`, which the method of that name hides.
func readBytes(
  _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
) -> Int {
  unsafe read(descriptor, buffer.baseAddress, buffer.count)
}
