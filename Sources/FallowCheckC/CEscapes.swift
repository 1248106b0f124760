// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// What the hooks cannot see of a file: assembler, and calls to code that is
/// not compiled with it.
struct CEscapes {
  private var nodes: [Substring: Substring] = [:]
  private let lines: [Substring]

  /// Reads what clang makes of a file.
  init(_ intermediate: String) {
    lines = intermediate.split(separator: "\n")
    for line in lines where line.first == "!" {
      guard let sign = line.range(of: " = ") else { continue }
      nodes[line[..<sign.lowerBound]] = line[sign.upperBound...]
    }
  }

  /// What escapes, each with its line.
  ///
  /// - Parameter defined: What other files define.
  func found(defined: Set<String>) -> [String] {
    let missing = declared.subtracting(defined)
    return lines.compactMap { line in
      guard line.first == " ", let call = line.range(of: "call ") else {
        return nil
      }
      let rest = line[call.upperBound...]
      if let assembler = assembler(in: rest) {
        return "\(place(of: line)): inline assembler (\(assembler)) accesses "
          + "memory unseen; use the macros of fallow/linux.h"
      }
      guard let name = callee(of: rest), missing.contains(name) else {
        return nil
      }
      return "\(place(of: line)): \(name)() is neither defined in the files "
        + "given nor one of fallow/check.h; add its file with --c"
    }
  }

  /// The functions that a file defines.
  var defined: Set<String> {
    Set(lines.filter { $0.hasPrefix("define ") }.compactMap(callee))
  }

  private var declared: Set<String> {
    Set(
      lines.filter { $0.hasPrefix("declare ") }.compactMap(callee)
        .filter { !$0.hasPrefix("llvm.") && !$0.hasPrefix("fallow_") })
  }

  /// The function whose name follows the first at sign.
  private func callee(of line: Substring) -> String? {
    guard let start = line.firstIndex(of: "@"),
      let end = line[start...].firstIndex(of: "(")
    else { return nil }
    return String(line[line.index(after: start)..<end])
  }

  /// The text of an assembler statement; nil if it is none, or empty.
  private func assembler(in call: Substring) -> String? {
    guard let keyword = call.range(of: " asm "),
      let quote = call[keyword.upperBound...].firstIndex(of: "\"")
    else { return nil }
    let text = call[call.index(after: quote)...].prefix { $0 != "\"" }
    return text.isEmpty ? nil : String(text)
  }

  private func place(of line: Substring) -> String {
    guard let mark = line.range(of: "!dbg ") else { return "?" }
    let node = line[mark.upperBound...].prefix { $0 != "," && $0 != " " }
    guard let location = nodes[node] else { return "?" }
    let number = value("line: ", in: location) ?? "?"
    var scope = value("scope: ", in: location)
    while let current = scope, let node = nodes[current] {
      if let file = value("file: ", in: node), let name = nodes[file],
        let text = name.range(of: "filename: \"")
      {
        return name[text.upperBound...].prefix { $0 != "\"" } + ":\(number)"
      }
      scope = value("scope: ", in: node)
    }
    return "line \(number)"
  }

  private func value(_ key: String, in node: Substring) -> Substring? {
    guard let found = node.range(of: key) else { return nil }
    return node[found.upperBound...].prefix { $0 != "," && $0 != ")" }
  }
}
