// SPDX-License-Identifier: Apache-2.0

internal import Runtime

/// The calls that led to an access, the innermost first.
struct Calls {
  /// Each alone, so that no more of them are looked up than are wanted.
  private(set) var frames: [Backtrace] = []

  /// Where the program and its libraries lie.
  static let images = ImageMap.capture()

  /// The line, if something else than debug information names it.
  private(set) var line: SourceLine?

  /// None.
  init() {}

  /// At a line that is known.
  init(at line: SourceLine?) { self.line = line }

  /// The calls that led to this one.
  @inline(never)
  static func current() -> Calls {
    var calls = Calls()
    // The machine's own are fewer by far. One of two is a mark for the rest.
    for depth in 0..<16 {
      guard
        let frame = try? Backtrace.capture(
          limit: 2, offset: depth, top: 0, images: images)
      else { break }
      calls.frames.append(frame)
    }
    return calls
  }
}
