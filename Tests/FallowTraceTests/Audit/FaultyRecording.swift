// SPDX-License-Identifier: Apache-2.0

import FallowTrace

/// A recording's lines, into which a fault can be put.
///
/// Lines move with what they say and take the time, and the sequence number,
/// of their new place.
struct FaultyRecording {
  private(set) var lines: [String]

  /// The faults that can be put in.
  enum Fault: CaseIterable {
    case doubleRelease, lostPage, bypass, overlap, earlyRelease, earlyQueue

    /// The rule that must name it.
    var rule: AuditRuleName {
      switch self {
      case .doubleRelease: .doubleRelease
      case .lostPage: .neverReleased
      case .bypass: .pastTheQueue
      case .overlap: .overlappingRuns
      case .earlyRelease: .releasedWithoutInvalidation
      case .earlyQueue: .queuedBeforeCleared
      }
    }
  }

  init(_ text: String) {
    lines = text.split(separator: "\n").map(String.init)
  }

  /// The text, with the times and sequence numbers of the places.
  var text: String {
    var times = lines.compactMap(Self.time).sorted { Self.order($0, $1) }
    times.reverse()
    var sequence = 0
    var text = ""
    for line in lines {
      var words = line.split(separator: " ", omittingEmptySubsequences: false)
        .map(String.init)
      if let index = words.firstIndex(where: Self.isTime) {
        words[index] = times.removeLast()
      }
      if let index = words.firstIndex(where: { $0.hasPrefix("seq=") }) {
        words[index] = "seq=\(sequence)"
        sequence += 1
      }
      text += words.joined(separator: " ") + "\n"
    }
    return text
  }

  private static func isTime(_ word: some StringProtocol) -> Bool {
    word.hasSuffix(":") && word.contains(".") && word.first?.isNumber == true
  }

  private static func time(_ line: String) -> String? {
    line.split(separator: " ").first(where: isTime).map(String.init)
  }

  private static func order(_ one: String, _ other: String) -> Bool {
    (one.count, one) < (other.count, other)
  }

  /// The places of all events of a name.
  func places(_ name: String) -> [Int] {
    lines.indices.filter { lines[$0].contains(" \(name): ") }
  }

  /// What stands behind `key=` in a line.
  private func field(_ key: String, _ line: Int) -> String {
    lines[line].split(separator: " ").first { $0.hasPrefix("\(key)=") }
      .map { String($0.dropFirst(key.count + 1)) } ?? ""
  }

  private func next(_ name: String, after line: Int) -> Int? {
    places(name).first { $0 > line }
  }

  private func last(_ name: String, before line: Int) -> Int? {
    places(name).last { $0 < line }
  }

  private mutating func move(_ line: Int, before place: Int) {
    let moved = lines.remove(at: line)
    lines.insert(moved, at: place)
  }

  /// Puts `fault` in at the `count`th release.
  ///
  /// - Returns: Whether the recording has a place for it.
  mutating func put(_ fault: Fault, at count: Int) -> Bool {
    let release = places("kpt_page_free")[count]
    let table = field("page", release)
    let free = places("kpt_free").last {
      $0 < release && field("ptdesc", $0) == table
    }
    guard let free, let end = next("kpt_work_ret", after: release),
      let invalidation = last("kva_inval", before: release)
    else { return false }
    switch fault {
    case .doubleRelease:
      lines.insert(lines[release], at: release)
    case .lostPage:
      lines.remove(at: release)
    case .bypass:
      lines.remove(at: release)
      let site = field("caller", free)
      lines[free] = lines[free]
        .replacingOccurrences(" kpt_free: ", with: " now_free: ")
        .replacingOccurrences("ptdesc=", with: "order=0 page=")
      guard !site.isEmpty else { return false }
    case .overlap:
      guard let start = next("kpt_work", after: end),
        let last = next("kpt_work_ret", after: start)
      else { return false }
      for line in start...last where lines[line].contains("kworker/") {
        lines[line] = Self.withTask(999, lines[line])
      }
      let moved = lines.remove(at: end)
      lines.insert(moved, at: start)
    case .earlyRelease:
      move(release, before: invalidation)
    case .earlyQueue:
      if lines[free].contains(" named=no ") {
        lines[free] = lines[free]
          .replacingOccurrences(" named=no ", with: " named=yes ")
      } else if let clear = last("cpa_collapse", before: free) {
        move(free, before: clear)
      } else {
        return false
      }
    }
    return true
  }

  /// The line with another task's number before its CPU.
  private static func withTask(_ task: Int, _ line: String) -> String {
    guard let bracket = line.firstIndex(of: "["),
      let dash = line[..<bracket].lastIndex(of: "-")
    else { return line }
    return line[...dash] + "\(task) " + line[bracket...]
  }
}

extension String {
  fileprivate func replacingOccurrences(
    _ part: String, with other: String
  ) -> String {
    split(separator: part, omittingEmptySubsequences: false)
      .joined(separator: other)
  }
}
