// SPDX-License-Identifier: Apache-2.0

internal import FallowExplorer
internal import FallowReport
internal import FallowTrace
internal import Foundation
internal import Synchronization

/// Shows on standard error how far long work has come, after the first second
/// and not more often than four times a second.
///
/// The line is written over itself on a terminal; into a file or a pipe nothing
/// is written.
final class Progress: Sendable {
  private struct State {
    /// When the work began that is under way.
    var start = ContinuousClock.now
    /// When the line was written last; nil if it never was.
    var last: ContinuousClock.Instant?
  }

  private let isShown: Bool
  private let state = Mutex(State())

  /// Progress on a terminal, unless it is to be quiet.
  init(isQuiet: Bool) {
    isShown = !isQuiet && isatty(STDERR_FILENO) == 1
  }

  /// Work begins whose end is to be foretold.
  func begin() {
    state.withLock { $0.start = ContinuousClock.now }
  }

  /// Says what is being done.
  ///
  /// - Parameters:
  ///   - text: What is being done.
  ///   - done: Which part of the work is done, from 0 to 1; nil if that is not
  ///     known.
  func report(_ text: @autoclosure () -> String, done: Double? = nil) {
    guard isShown else { return }
    let now = ContinuousClock.now
    let passed: Duration? = state.withLock { state in
      guard now - state.start > .seconds(1),
        state.last.map({ now - $0 > .milliseconds(250) }) ?? true
      else {
        return nil
      }
      state.last = now
      return now - state.start
    }
    guard let passed else { return }
    let line = text() + (done.map { Self.bar($0, after: passed) } ?? "")
    FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8))
  }

  /// Says how much of a recording has been read.
  func report(_ reading: TraceProgress) {
    let total = reading.totalBytes.map { Double(max(1, $0)) }
    report(
      "read \(Numbers.count(reading.bytesRead >> 20)) MiB",
      done: total.map { Double(reading.bytesRead) / $0 })
  }

  /// Says how far a search has come.
  func report(_ search: SearchProgress) {
    switch search {
    case .states(let states, let level, let frontier):
      report(
        "\(Numbers.count(states)) states, level \(level), "
          + "\(Numbers.count(frontier)) to go on from, \(seconds) s")
    case .runs(let runs, let total):
      report(
        "\(Numbers.count(runs)) executions",
        done: Double(runs) / Double(max(1, total)))
    }
  }

  /// How long the work has taken.
  private var seconds: Int64 {
    state.withLock { (ContinuousClock.now - $0.start).components.seconds }
  }

  /// Takes the line away.
  func end() {
    guard isShown, state.withLock({ $0.last != nil }) else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }

  /// A bar, and the time that is left if the work goes on as fast as so far.
  static func bar(_ done: Double, after passed: Duration) -> String {
    let part = min(max(done, 0), 1)
    let full = Int(part * 20)
    let bar =
      String(repeating: "#", count: full)
      + String(repeating: ".", count: 20 - full)
    let seconds = Double(passed.components.seconds)
    // Of less than a hundredth nothing can be foretold.
    let left =
      part < 0.01 ? "" : ", \(Int(seconds / part - seconds)) s left"
    return " [\(bar)] \(Int(part * 100)) %\(left)"
  }
}
