internal import Foundation
internal import Synchronization

/// Shows on standard error how far long work has come, after the first second
/// and not more often than four times a second.
///
/// The line is written over itself on a terminal; into a file or a pipe nothing
/// is written.
final class Progress: Sendable {
  private let start = ContinuousClock.now
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let last = Mutex<ContinuousClock.Instant?>(nil)

  /// Says what is being done.
  func report(_ text: @autoclosure () -> String) {
    guard isTerminal else { return }
    let now = ContinuousClock.now
    let isDue = last.withLock { last in
      guard now - start > .seconds(1),
        now - (last ?? start) > .milliseconds(250)
      else {
        return false
      }
      last = now
      return true
    }
    guard isDue else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[K\(text())".utf8))
  }

  /// Takes the line away.
  func end() {
    guard isTerminal, last.withLock({ $0 != nil }) else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }
}
