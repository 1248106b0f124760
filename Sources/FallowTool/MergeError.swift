// SPDX-License-Identifier: Apache-2.0

/// Why shards cannot be joined.
enum MergeError: Error, Equatable, CustomStringConvertible {
  /// A file cannot be read.
  case unreadable(String)
  /// A file is empty.
  case empty(String)
  /// A file is not what `--shard` prints, or not all of it.
  case unusable(String)
  /// Of so many shards these have no file.
  case missing([Int], of: Int)
  /// Two files are of one shard.
  case double(Int, String, String)
  /// Two files are not of one work: what differs, and both values.
  case different(what: String, String, String, String, String)
  /// Two files have other values where all shards have one.
  case differentResult(String, String, String)
  /// A shard has not as many results as it has items.
  case incomplete(String, Int, of: Int)

  var description: String {
    switch self {
    case .unreadable(let file): "\(file): cannot read it"
    case .empty(let file):
      "\(file): it is empty, as a shard leaves it that was killed; run it again"
    case .unusable(let file):
      "\(file): it is not what --shard prints, or not all of it; run the shard "
        + "again"
    case .missing(let shards, let count):
      (shards.count == 1 ? "shard " : "shards ")
        + shards.map(String.init).joined(separator: ", ")
        + (shards.count == 1 ? " of \(count) is" : " of \(count) are")
        + " missing: name every shard's file, and run what was killed again"
    case .double(let shard, let file, let other):
      "shard \(shard) is there twice: in \(file) and in \(other)"
    case .different(let what, let file, let value, let other, let otherValue):
      "\(file) and \(other) are not of one work: \(what) is \(value) in one "
        + "and \(otherValue) in the other"
    case .differentResult(let key, let file, let other):
      "\(file) and \(other) are not of one work: their \"\(key)\" differ"
    case .incomplete(let file, let results, let items):
      "\(file): it has \(results) results of \(items)"
    }
  }
}
