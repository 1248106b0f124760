// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Words that are written to a file, which is there as a whole or not at all:
/// it takes the place of an older one at the end.
@safe
struct CheckpointWriter: ~Copyable {
  private static let capacity = 1 << 15

  private let path: String
  private let file: Int32
  private var words: [UInt64] = []
  private var digest = CheckpointDigest()

  /// Begins a file beside that of a path.
  init(path: String) throws(CheckpointError) {
    self.path = path
    file = unsafe open("\(path).part", O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    if file < 0 { throw Self.failure(path) }
    words.reserveCapacity(Self.capacity)
  }

  private static func failure(_ path: String) -> CheckpointError {
    .unwritable(path, unsafe String(cString: strerror(errno)))
  }

  /// Adds a word.
  mutating func write(_ word: UInt64) throws(CheckpointError) {
    digest.add(word)
    words.append(word)
    if words.count == Self.capacity { try flush() }
  }

  /// Adds words, and before them how many there are.
  mutating func write(_ words: [UInt64]) throws(CheckpointError) {
    try write(UInt64(words.count))
    for word in words { try write(word) }
  }

  /// Adds text.
  mutating func write(_ text: String) throws(CheckpointError) {
    try write(text.utf8.map(UInt64.init))
  }

  private mutating func flush() throws(CheckpointError) {
    var done = 0
    let size = words.count * 8
    while done < size {
      let written = unsafe words.withUnsafeBytes {
        unsafe Self.write(file, $0.baseAddress! + done, size - done)
      }
      if written < 0, errno == EINTR { continue }
      if written <= 0 {
        let failure = Self.failure(path)
        close(file)
        throw failure
      }
      done += written
    }
    words.removeAll(keepingCapacity: true)
  }

  private static func write(
    _ file: Int32, _ bytes: UnsafeRawPointer, _ count: Int
  ) -> Int {
    #if canImport(Glibc)
      unsafe Glibc.write(file, bytes, count)
    #elseif canImport(Musl)
      unsafe Musl.write(file, bytes, count)
    #else
      unsafe Darwin.write(file, bytes, count)
    #endif
  }

  /// Ends the file, and puts it into its place.
  consuming func end() throws(CheckpointError) {
    let sum = digest.value
    try write(sum)
    try flush()
    let isSaved = fsync(file) == 0
    let isClosed = close(file) == 0
    guard isSaved, isClosed, unsafe rename("\(path).part", path) == 0 else {
      throw Self.failure(path)
    }
  }
}

/// Words that are read from such a file, which has not changed since.
@safe
struct CheckpointReader: ~Copyable {
  private let path: String
  private let file: UnsafeMutablePointer<FILE>

  /// Opens a file, and checks that it is whole.
  init(path: String) throws(CheckpointError) {
    unsafe file = try Self.open(path)
    self.path = path
  }

  private static func open(
    _ path: String
  ) throws(CheckpointError) -> UnsafeMutablePointer<FILE> {
    guard let file = unsafe fopen(path, "rb") else {
      throw .unreadable(path, unsafe String(cString: strerror(errno)))
    }
    guard unsafe isWhole(file) else {
      unsafe fclose(file)
      throw .damaged(path)
    }
    unsafe rewind(file)
    return unsafe file
  }

  /// Whether the last word is the sum of those before, and nothing is behind.
  private static func isWhole(_ file: UnsafeMutablePointer<FILE>) -> Bool {
    var digest = CheckpointDigest()
    var words = [UInt64](repeating: 0, count: 1 << 12)
    var last: UInt64?
    while true {
      let bytes = unsafe words.withUnsafeMutableBytes {
        unsafe fread($0.baseAddress, 1, $0.count, file)
      }
      if bytes % 8 != 0 { return false }
      for word in words[..<(bytes / 8)] {
        if let last { digest.add(last) }
        last = word
      }
      if bytes < words.count * 8 { return last == digest.value }
    }
  }

  deinit { unsafe fclose(file) }

  /// The next word.
  mutating func read() throws(CheckpointError) -> UInt64 {
    var word: UInt64 = 0
    guard unsafe fread(&word, 8, 1, file) == 1 else { throw .damaged(path) }
    return word
  }

  /// The next text.
  mutating func readText() throws(CheckpointError) -> String {
    let bytes = try readWords(atMost: 1 << 16)
    return String(
      decoding: bytes.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
  }

  /// As many words as there are, but no more than so many.
  mutating func readWords(
    atMost most: Int
  ) throws(CheckpointError) -> [UInt64] {
    let count = try read()
    guard count <= UInt64(most) else { throw .damaged(path) }
    var words: [UInt64] = []
    words.reserveCapacity(Int(count))
    for _ in 0..<count { words.append(try read()) }
    return words
  }

}

/// A sum over words that differs where one of them does.
struct CheckpointDigest {
  private(set) var value: UInt64 = 0x9e37_79b9_7f4a_7c15

  mutating func add(_ word: UInt64) {
    value = (value ^ word) &* 0xff51_afd7_ed55_8ccd
    value ^= value >> 29
  }
}
