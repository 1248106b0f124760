// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// All shards of one work, each once, in order.
struct ShardSet {
  /// One shard's file.
  struct Member {
    let file: String
    let heading: ShardHeading
    let result: JSONValue
  }

  /// The shards, the first first.
  let members: [Member]

  /// What all shards agree on.
  var heading: ShardHeading { members[0].heading }

  /// Reads files.
  ///
  /// - Parameter files: Their paths, in any order; one at least.
  /// - Throws: What is missing, there twice, damaged or of another work.
  init(files: [String]) throws(MergeError) {
    var members: [Member] = []
    for file in files { members.append(try Self.read(file)) }
    try self.init(members)
  }

  /// Shards that were read.
  init(_ members: [Member]) throws(MergeError) {
    let first = members[0]
    for member in members.dropFirst() {
      if let difference = Self.difference(first.heading, member.heading) {
        throw .different(
          what: difference.what, first.file, difference.values.0, member.file,
          difference.values.1)
      }
    }
    let ordered = members.sorted { $0.heading.index < $1.heading.index }
    for (one, other) in zip(ordered, ordered.dropFirst())
    where one.heading.index == other.heading.index {
      throw .double(one.heading.index, one.file, other.file)
    }
    let count = first.heading.count
    let missing = Set(1...count).subtracting(ordered.map(\.heading.index))
    if !missing.isEmpty { throw .missing(missing.sorted(), of: count) }
    self.members = ordered
  }

  private static func read(_ file: String) throws(MergeError) -> Member {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw .unreadable(file)
    }
    if data.isEmpty { throw .empty(file) }
    struct Document: Decodable {
      var shard: ShardHeading
      var result: JSONValue
    }
    guard
      let document = try? JSONDecoder().decode(Document.self, from: data),
      document.shard.count >= 1,
      (1...document.shard.count).contains(document.shard.index)
    else { throw .unusable(file) }
    return Member(
      file: file, heading: document.shard, result: document.result)
  }

  /// What keeps two shards from being of one work.
  private static func difference(
    _ one: ShardHeading, _ other: ShardHeading
  ) -> (what: String, values: (String, String))? {
    let pairs = [
      ("the work", one.work.rawValue, other.work.rawValue),
      ("the version of fallow", one.version, other.version),
      ("the number of shards", "\(one.count)", "\(other.count)"),
    ]
    for (what, first, second) in pairs where first != second {
      return (what, (first, second))
    }
    let names = Set(one.settings.keys).union(other.settings.keys).sorted()
    for name in names where one.settings[name] != other.settings[name] {
      return (
        name,
        (one.settings[name] ?? "not set", other.settings[name] ?? "not set")
      )
    }
    return one.items == other.items
      ? nil : ("the number of items", ("\(one.items)", "\(other.items)"))
  }

  /// The results of items that were dealt out one by one, in their order.
  ///
  /// - Parameter results: The results of one shard.
  /// - Throws: Which shard has not as many as it has items.
  func interleaved(
    _ results: (Member) -> [JSONValue]
  ) throws(MergeError) -> [JSONValue] {
    let parts = members.map(results)
    let (items, count) = (heading.items, heading.count)
    for (index, part) in parts.enumerated() {
      let share = (items - index + count - 1) / count
      if part.count != share {
        throw .incomplete(members[index].file, part.count, of: share)
      }
    }
    return (0..<items).map { parts[$0 % count][$0 / count] }
  }

  /// What all shards have at a key, if it is the same.
  ///
  /// - Throws: Which two differ.
  func requireSame(_ key: String) throws(MergeError) {
    let first = members[0]
    for member in members.dropFirst()
    where member.result[key] != first.result[key] {
      throw .differentResult(key, first.file, member.file)
    }
  }
}
