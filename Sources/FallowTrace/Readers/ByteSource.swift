// SPDX-License-Identifier: Apache-2.0

/// Where the bytes of a recording come from.
protocol ByteSource: ~Copyable {
  /// Fills the front of `buffer`, which is not empty.
  ///
  /// - Returns: How many bytes were read; 0 at the end.
  mutating func read(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(TraceError) -> Int
}

/// Bytes that are in memory, handed out in pieces of a given size.
struct MemorySource: ByteSource {
  private var bytes: ArraySlice<UInt8>
  private let chunk: Int

  init(_ bytes: [UInt8], chunk: Int = .max) {
    self.bytes = bytes[...]
    self.chunk = chunk
  }

  mutating func read(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(TraceError) -> Int {
    let piece = bytes.prefix(min(chunk, buffer.count))
    unsafe buffer.copyBytes(from: piece)
    bytes = bytes.dropFirst(piece.count)
    return piece.count
  }
}
