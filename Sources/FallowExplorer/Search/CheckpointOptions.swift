// SPDX-License-Identifier: Apache-2.0

/// How a search is kept in a file, to be continued.
public struct CheckpointOptions: Sendable {
  /// The path of the file.
  public var path: String
  /// What is searched, and its version: a search is continued by the same.
  public var identity: String
  /// How many seconds pass between two times that it is written.
  public var interval = 300.0
  /// Whether the search goes on from the file, not from its beginning.
  public var continues = false

  /// A search that begins, and is written every five minutes.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - identity: What is searched, and its version.
  public init(path: String, identity: String) {
    self.path = path
    self.identity = identity
  }
}

/// Why a search cannot be continued from a file, or kept in one.
enum CheckpointError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be read.
  case unreadable(String, String)
  /// The file is no checkpoint, or not all of one.
  case damaged(String)
  /// The file is of another search: what it is of, and what is asked for.
  case other(String, String, String)
  /// The file cannot be written.
  case unwritable(String, String)

  var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): cannot read it: \(reason)"
    case .damaged(let path):
      "\(path): it is no checkpoint of this version, or not all of one"
    case .other(let path, let found, let wanted):
      "\(path): it is of another search: it has \(found), and this one has "
        + wanted
    case .unwritable(let path, let reason):
      "\(path): cannot write it: \(reason)"
    }
  }
}
