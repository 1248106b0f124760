// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file descriptor that is closed with its last owner.
final class Descriptor {
  let number: Int32

  deinit { close(number) }

  /// Opens a file for reading.
  convenience init(reading path: String) throws(RecordError) {
    let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else {
      throw .cannotRead(path: path, reason: SystemFile.reason)
    }
    self.init(owning: number)
  }

  /// Takes over an open descriptor.
  init(owning number: Int32) {
    self.number = number
  }
}

/// Files of the kernel, and what its errors mean.
enum SystemFile {
  /// What the last system call's error number means.
  static var reason: String { reason(errno) }

  /// What an error number means.
  static func reason(_ code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
  }

  /// The whole content of a file.
  static func bytes(_ path: String) throws(RecordError) -> [UInt8] {
    let file = try Descriptor(reading: path)
    var bytes: [UInt8] = []
    // Files of the kernel give a page at a time, whatever is asked for.
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe piece.withUnsafeMutableBytes { buffer in
        unsafe read(file.number, buffer.baseAddress, buffer.count)
      }
      if count == 0 { return bytes }
      if count > 0 {
        bytes.append(contentsOf: piece[..<count])
      } else if errno != EINTR {
        throw .cannotRead(path: path, reason: reason)
      }
    }
  }

  /// The first line of a small file; nil if it cannot be read.
  static func line(_ path: String) -> String? {
    guard let bytes = try? bytes(path) else { return nil }
    return String(
      decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
