// SPDX-License-Identifier: Apache-2.0

internal import Runtime
internal import Synchronization

/// A line of the code that is searched.
package struct SourceLine: Sendable {
  /// The file's name, without its folders.
  package var file: String
  /// Counted from 1.
  package var line: Int

  /// The innermost call that is not the machine's own, by the program's debug
  /// information; nil without it.
  ///
  /// - Complexity: O(calls), each a search in the debug information, once in a
  ///   process for each place in the code.
  init?(of calls: Calls) {
    if let line = calls.line {
      self = line
      return
    }
    for frame in calls.frames {
      switch Self.place(of: frame) {
      case .code(let line):
        self = line
        return
      case .explorer: return nil
      case .machine: continue
      }
    }
    return nil
  }

  /// A line of a file.
  package init(file: String, line: Int) {
    self.file = file
    self.line = line
  }

  /// Whose code a call is in.
  private enum Place {
    /// The code that is searched.
    case code(SourceLine)
    /// The machine's, which carries an access out, or what a compiler made.
    case machine
    /// The explorer's, which called the code that is searched.
    case explorer
  }

  private static let explorer = folder(of: #filePath)
  /// The folders of the code that carries an access out.
  private static let machine = [
    "Transitions", "State", "Hardware", "Reductions", "Properties",
  ].map { folder(of: explorer) + "/" + $0 }

  /// What each address was found to be: an address is the same place for as
  /// long as the process lives.
  private static let known = Mutex<[Backtrace.Address: Place]>([:])

  private static func place(of frame: Backtrace) -> Place {
    var frames = frame.frames.makeIterator()
    guard let address = frames.next()?.originalProgramCounter else {
      return .machine
    }
    return known.withLock { known in
      if let place = known[address] { return place }
      let place = search(for: frame)
      known[address] = place
      return place
    }
  }

  private static func search(for frame: Backtrace) -> Place {
    let found = frame.symbolicated(
      with: Calls.images, options: [.showInlineFrames, .useSymbolCache])
    for call in found?.frames ?? [] {
      guard let location = call.symbol?.sourceLocation, location.line > 0,
        !location.path.hasSuffix(">")
      else { continue }
      let folder = folder(of: location.path)
      // What was inlined has a path that is not absolute.
      if machine.contains(where: { $0.hasSuffix(folder) }) { continue }
      if explorer.hasSuffix(folder) { return .explorer }
      return .code(
        SourceLine(
          file: String(location.path.dropFirst(folder.count + 1)),
          line: location.line))
    }
    return .machine
  }

  private static func folder(of path: some StringProtocol) -> String {
    String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }
}

extension SourceLine: CustomStringConvertible {
  package var description: String { "\(file):\(line)" }
}
