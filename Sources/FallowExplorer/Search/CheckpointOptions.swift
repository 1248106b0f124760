// SPDX-License-Identifier: Apache-2.0

/// How a search is kept in a file, to be continued.
public struct CheckpointOptions: Sendable {
  /// The path of the file.
  public var path: String
  /// All that the search depends on, by names: a search is continued by one for
  /// which everything is the same.
  public var identity: [String: String]
  /// How many seconds pass between two times that it is written.
  public var interval = 300.0
  /// Whether the search goes on from the file, not from its beginning.
  public var continues = false

  /// A search that begins, and is written every five minutes.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - identity: All that the search depends on, by names.
  public init(path: String, identity: [String: String]) {
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
  /// The file is of another search: what differs, what it is in the file, and
  /// what it is here.
  case other(String, String, String, String)
  /// The file cannot be written.
  case unwritable(String, String)

  var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): cannot read it: \(reason)"
    case .damaged(let path):
      "\(path): it is no checkpoint of this version, or not all of one"
    case .other(let path, let name, let found, let wanted):
      "\(path): it is of another search: \(name) is \(found) there, and "
        + "\(wanted) here"
    case .unwritable(let path, let reason):
      "\(path): cannot write it: \(reason)"
    }
  }
}
