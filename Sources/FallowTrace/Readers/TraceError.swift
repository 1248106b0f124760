// SPDX-License-Identifier: Apache-2.0

/// Why a recording could not be read, and what to do about it.
public enum TraceError: Error, Equatable, Sendable {
  /// The file cannot be opened.
  case cannotOpen(path: String, reason: String)
  /// Reading stopped half-way.
  case cannotRead(path: String, reason: String)
  /// The path names a directory.
  case isDirectory(path: String)
  /// The file has no bytes.
  case empty(path: String)
  /// The file must be converted to text first.
  case needsConversion(path: String, from: BinaryFormat)
  /// The recording is in a later version of the format of `fallow record`.
  case laterVersion(path: String, version: Int)
  /// The file is compressed, and what is in it must be converted to text.
  case needsUnpacking(path: String, inside: BinaryFormat)
  /// The text was made with an option whose output does not say enough.
  case unreadable(path: String, line: Int, option: UnreadableOption)
  /// No line of the file could be read as an event.
  ///
  /// `firstBadLine` is the number of the first line that should have been
  /// one; nil if the file has nothing but headings and comments.
  case noEvents(path: String, firstBadLine: Int?)
}

extension TraceError: CustomStringConvertible {
  /// What is wrong, where, and what to do: one line without a full stop.
  public var description: String {
    switch self {
    case .cannotOpen(let path, let reason):
      "\(Self.name(path)): cannot be opened: \(reason)"
    case .cannotRead(let path, let reason):
      "\(Self.name(path)): cannot be read: \(reason)"
    case .isDirectory(let path):
      "\(Self.name(path)): is a directory; name the trace file in it"
    case .empty(let path):
      "\(Self.name(path)): is empty; was the recording stopped before it was "
        + "copied?"
    case .needsConversion(let path, let format):
      "\(Self.name(path)): is \(format.article) \(format.rawValue) file; "
        + "convert it: \(format.command(for: Self.argument(path))) | fallow replay -"
    case .needsUnpacking(let path, let format):
      "\(Self.name(path)): holds \(format.article) \(format.rawValue) file; "
        + "unpack it, and name the file that was in it"
    case .unreadable(let path, let line, let option):
      "\(Self.name(path)): line \(line): text of \(option.words.option) does "
        + "not say enough; \(option.words.remedy)"
    case .laterVersion(let path, let version):
      "\(Self.name(path)): is a recording of version \(version), and this "
        + "fallow reads version \(RecordHeading.version); use the fallow that "
        + "recorded it"
    case .noEvents(let path, let line?):
      "\(Self.name(path)): line \(line): not an event of ftrace, perf script "
        + "or trace-cmd report text, and no other line is"
    case .noEvents(let path, nil):
      "\(Self.name(path)): holds headings and no event; were the probes "
        + "switched on?"
    }
  }

  private static func name(_ path: String) -> String {
    path == "-" ? "standard input" : path
  }

  /// The path as a shell takes it; a stand-in for standard input.
  private static func argument(_ path: String) -> String {
    if path == "-" { return "FILE" }
    let plain = path.utf8.allSatisfy {
      $0.isName || "/-+,:@%=".utf8.contains($0)
    }
    if plain { return path }
    let quoted = path.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''")
    return "'\(quoted)'"
  }
}
