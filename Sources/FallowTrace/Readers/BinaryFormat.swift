// SPDX-License-Identifier: Apache-2.0

/// A format that is not text, and the command that makes text of it.
public enum BinaryFormat: String, Sendable, CaseIterable {
  /// `trace.dat`, as `trace-cmd record` writes it.
  case traceDat = "trace.dat"
  /// `perf.data`, as `perf record` writes it.
  case perfData = "perf.data"
  /// An xz file.
  case xz
  /// A gzip file.
  case gzip
  /// A Zstandard file.
  case zstd

  /// How many bytes of a file decide.
  static let headLength = 16

  /// Recognises a file by its first bytes.
  init?(head: LineBytes) {
    if head[0] == 0x17, head[1] == 0x08, head.has("Dtracing", at: 2) {
      self = .traceDat
    } else if head.has("PERFILE2", at: 0) || head.has("2ELIFREP", at: 0) {
      self = .perfData
    } else if head[0] == 0xFD, head.has("7zXZ", at: 1) {
      self = .xz
    } else if head[0] == 0x1F, head[1] == 0x8B {
      self = .gzip
    } else if head[0] == 0x28, head[1] == 0xB5, head[2] == 0x2F,
      head[3] == 0xFD
    {
      self = .zstd
    } else {
      return nil
    }
  }

  /// The article that the format's name is spoken with.
  var article: String { self == .xz ? "an" : "a" }

  /// The program that makes text of such a file.
  var toolName: String {
    switch self {
    case .traceDat: "trace-cmd"
    case .perfData: "perf"
    case .xz: "xz"
    case .gzip: "gzip"
    case .zstd: "zstd"
    }
  }

  /// The program and its arguments, with the file as its standard input too.
  func tool(for path: String) -> [String] {
    let file = path.hasPrefix("-") ? "./" + path : path
    return switch self {
    case .traceDat: [toolName, "report", "-t", "-i", file]
    case .perfData: [toolName, "script", "--ns", "-i", file]
    case .xz, .gzip: [toolName, "-dc"]
    case .zstd: [toolName, "-dcq"]
    }
  }

  /// The command that prints the text of `path`.
  func command(for path: String) -> String {
    switch self {
    case .traceDat: "trace-cmd report -t \(path)"
    case .perfData: "perf script --ns -i \(path)"
    case .xz: "xzcat \(path)"
    case .gzip: "zcat \(path)"
    case .zstd: "zstdcat \(path)"
    }
  }
}
