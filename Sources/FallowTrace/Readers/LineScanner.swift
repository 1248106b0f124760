// SPDX-License-Identifier: Apache-2.0

/// Cuts a stream of bytes into lines, in a buffer of fixed size.
///
/// Memory does not grow with the file, nor with a line: one that is longer
/// than ``lineLimit`` is skipped and handed out as not whole, and so is a last
/// line without an end, which every writer of these formats would have set.
///
/// - Complexity: O(bytes); each byte is searched once and moved at most once.
@safe struct LineScanner<Source: ByteSource & ~Copyable>: ~Copyable {
  /// A line that is longer, in bytes, is not read.
  static var lineLimit: Int { 1 << 16 }

  /// One line of the stream.
  struct Line {
    /// Its bytes, without the end; lent until the next call.
    var bytes: LineBytes
    /// Whether all of it is there.
    var isWhole: Bool
  }

  /// How many lines were handed out: the last one's number, from 1.
  private(set) var lineNumber = 0

  /// How many bytes were read from the source.
  private(set) var bytesRead = 0

  private var source: Source
  private let buffer: UnsafeMutableRawBufferPointer
  /// The bytes not yet handed out are `start..<end`; up to `searched` they
  /// hold no newline.
  private var start = 0
  private var searched = 0
  private var end = 0
  /// The line's front was dropped because it is too long.
  private var isSkipping = false
  private var isAtEnd = false

  /// Makes a scanner of `source`.
  init(_ source: consuming Source) {
    self.source = source
    // Half a megabyte stays in a second-level cache and makes calls rare.
    unsafe buffer = .allocate(byteCount: 8 * Self.lineLimit, alignment: 64)
  }

  deinit {
    unsafe buffer.deallocate()
  }

  /// The first bytes of the stream, at least `count` of them if there are.
  ///
  /// - Precondition: no line was asked for yet, and `count` is small.
  mutating func head(_ count: Int) throws(TraceError) -> LineBytes {
    while end < count, !isAtEnd { try fill() }
    return bytes(from: 0, to: end)
  }

  /// The next line; nil at the end.
  mutating func next() throws(TraceError) -> Line? {
    while true {
      let held = bytes(from: start, to: end)
      if let length = held.firstIndex(of: .newline, from: searched - start) {
        let whole = !isSkipping && length <= Self.lineLimit
        let line = bytes(from: start, to: start + (whole ? length : 0))
        start += length + 1
        searched = start
        isSkipping = false
        lineNumber += 1
        return Line(bytes: line, isWhole: whole)
      }
      searched = end
      if end - start > Self.lineLimit {
        isSkipping = true
        start = end
      }
      if isAtEnd {
        guard start < end || isSkipping else { return nil }
        let line = bytes(from: start, to: end)
        start = end
        isSkipping = false
        lineNumber += 1
        return Line(bytes: line, isWhole: false)
      }
      try fill()
    }
  }

  /// Moves what is held to the front and reads more behind it.
  private mutating func fill() throws(TraceError) {
    if start > 0 {
      let held = unsafe UnsafeRawBufferPointer(rebasing: buffer[start..<end])
      unsafe buffer.copyMemory(from: held)
      end -= start
      searched -= start
      start = 0
    }
    let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[end...])
    let count = unsafe try source.read(into: room)
    isAtEnd = count == 0
    bytesRead += count
    end += count
  }

  private func bytes(from start: Int, to end: Int) -> LineBytes {
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[start..<end])
    return unsafe LineBytes(bytes.assumingMemoryBound(to: UInt8.self))
  }
}
