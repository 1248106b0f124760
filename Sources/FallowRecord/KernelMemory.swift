// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The kernel's memory, as `/proc/kcore` shows it.
struct KernelMemory {
  private static let path = "/proc/kcore"

  private let file: Descriptor
  private var segments: [(start: UInt64, end: UInt64, offset: UInt64)] = []

  /// Opens `/proc/kcore`.
  ///
  /// - Throws: ``RecordError/lockedDown``, or ``RecordError/cannotRead``.
  init() throws(RecordError) {
    let number = unsafe open(Self.path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else {
      if errno == EPERM { throw .lockedDown }
      throw .cannotRead(path: Self.path, reason: SystemFile.reason)
    }
    file = Descriptor(owning: number)
    // The ELF header and its table of segments (elf(5)).
    let header = try ReadBytes(read(at: 0, count: 64))
    let table = header.integer(UInt64.self, at: 32)
    let size = header.integer(UInt16.self, at: 54)
    let count = header.integer(UInt16.self, at: 56)
    let loadable: UInt32 = 1
    for index in 0..<UInt64(count) {
      let entry = try ReadBytes(
        read(at: table + index * UInt64(size), count: 56))
      guard entry.integer(UInt32.self, at: 0) == loadable else { continue }
      let start = entry.integer(UInt64.self, at: 16)
      let length = entry.integer(UInt64.self, at: 40)
      segments.append(
        (start, start &+ length, entry.integer(UInt64.self, at: 8)))
    }
  }

  private func read(
    at offset: UInt64, count: Int
  ) throws(RecordError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe pread(file.number, buffer.baseAddress, count, off_t(offset))
    }
    guard got == count else {
      if got < 0, errno == EPERM { throw .lockedDown }
      throw .cannotRead(
        path: Self.path, reason: got < 0 ? SystemFile.reason : "it ends early")
    }
    return bytes
  }

  /// The bytes at a kernel address.
  ///
  /// - Throws: ``RecordError/cannotRead`` if no segment has them.
  func bytes(at address: UInt64, count: Int) throws(RecordError) -> [UInt8] {
    let segment = segments.first {
      address >= $0.start && address < $0.end
        && UInt64(count) <= $0.end - address
    }
    guard let segment else {
      throw .cannotRead(
        path: Self.path,
        reason: "nothing is at 0x" + String(address, radix: 16))
    }
    return try read(
      at: segment.offset + (address - segment.start), count: count)
  }

  /// The word at a kernel address.
  func word(at address: UInt64) throws(RecordError) -> UInt64 {
    try ReadBytes(bytes(at: address, count: 8)).integer(UInt64.self, at: 0)
  }
}
