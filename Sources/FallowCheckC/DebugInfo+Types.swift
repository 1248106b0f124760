// SPDX-License-Identifier: Apache-2.0

/// What types are made of.
extension DebugInfo {
  private typealias Tag = DebugEntry.Tag

  /// The deepest member that is named.
  private static let depth = 32

  /// The structure that a pointer of a type leads to, if it does.
  func structure(pointedToBy type: Int) -> Int? {
    guard let pointer = entries[unqualified(type)],
      pointer.tag == Tag.pointer, let target = pointer.type
    else { return nil }
    let structure = unqualified(target)
    return entries[structure]?.tag == Tag.structure ? structure : nil
  }

  /// Whether a structure is another, or begins with it.
  func begins(_ outer: Int, with inner: Int) -> Bool {
    var left = [outer]
    var seen: Set<Int> = []
    while let next = left.popLast() {
      if next == inner { return true }
      guard seen.insert(next).inserted, let entry = entries[next],
        [Tag.structure, Tag.union].contains(entry.tag)
      else { continue }
      if let name = entry.name, name == entries[inner]?.name,
        entry.size == entries[inner]?.size
      {
        return true
      }
      for child in entry.children {
        guard let member = entries[child], member.tag == Tag.member,
          member.offset ?? 0 == 0, let type = member.type
        else { continue }
        left.append(unqualified(type))
      }
    }
    return false
  }

  private func unqualified(_ type: Int) -> Int {
    var type = type
    while let entry = entries[type],
      [Tag.typedef, Tag.const, Tag.volatile].contains(entry.tag),
      let inner = entry.type
    {
      type = inner
    }
    return type
  }

  /// How many bytes a value of a type takes; 0 if that is not said.
  func size(of type: Int) -> Int {
    var factor = 1
    var type = type
    while let entry = entries[type] {
      if let size = entry.size { return Self.product(factor, size) }
      if entry.tag == Tag.pointer { return Self.product(factor, 8) }
      if entry.tag == Tag.array {
        for child in entry.children {
          factor = Self.product(factor, entries[child]?.count ?? 1)
        }
      }
      guard let inner = entry.type else { return 0 }
      type = inner
    }
    return 0
  }

  /// No more than a program can have, nor less than nothing.
  private static func product(_ first: Int, _ second: Int) -> Int {
    let (product, overflows) = first.multipliedReportingOverflow(by: second)
    return overflows ? 0 : min(max(product, 0), 1 << 40)
  }

  /// The member at a place of a type, with its dot: all that lead to it.
  func member(ofType type: Int, at offset: Int, count: Int) -> String {
    var names = ""
    var type = type
    var offset = offset
    for _ in 0..<Self.depth {
      guard let entry = entries[unqualified(type)] else { return names }
      switch entry.tag {
      case Tag.array:
        guard let element = entry.type else { return names }
        let width = size(of: element)
        guard width > 0 else { return names }
        names += "[\(offset / width)]"
        offset %= width
        type = element
      case Tag.structure, Tag.union:
        guard let found = memberAround(offset, in: entry) else { return names }
        names += found.name.map { ".\($0)" } ?? ""
        offset -= found.start
        type = found.type
      default: return names
      }
    }
    return names
  }

  private func memberAround(
    _ offset: Int, in entry: DebugEntry
  ) -> (name: String?, start: Int, type: Int)? {
    for child in entry.children {
      guard let member = entries[child], member.tag == Tag.member,
        let type = member.type
      else { continue }
      let start = member.offset ?? 0
      guard start >= 0, offset >= start,
        offset - start < max(size(of: type), 1)
      else { continue }
      return (member.name, start, type)
    }
    return nil
  }
}

extension DebugSection {
  /// Sees that no type contains itself.
  ///
  /// - Throws: Which does.
  func checkNesting(of entries: [Int: DebugEntry]) throws(CCheckError) {
    var done: Set<Int> = []
    var open: Set<Int> = []
    for first in entries.keys where !done.contains(first) {
      var path = [(entry: first, left: entries.parts(of: first))]
      open.insert(first)
      while let last = path.indices.last {
        guard let next = path[last].left.popLast() else {
          open.remove(path[last].entry)
          done.insert(path[last].entry)
          path.removeLast()
          continue
        }
        if open.contains(next) {
          throw damage(at: UInt64(next), "a type contains itself")
        }
        if done.contains(next) { continue }
        open.insert(next)
        path.append((next, entries.parts(of: next)))
      }
    }
  }
}

extension [Int: DebugEntry] {
  /// The types that a value of a type has in itself.
  fileprivate func parts(of type: Int) -> [Int] {
    guard let entry = self[type] else { return [] }
    switch entry.tag {
    case DebugEntry.Tag.typedef, DebugEntry.Tag.const,
      DebugEntry.Tag.volatile, DebugEntry.Tag.array:
      return entry.type.map { [$0] } ?? []
    case DebugEntry.Tag.structure, DebugEntry.Tag.union:
      return entry.children.compactMap { self[$0] }
        .filter { $0.tag == DebugEntry.Tag.member }.compactMap(\.type)
    default: return []
    }
  }
}
