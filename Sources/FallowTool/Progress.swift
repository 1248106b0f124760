internal import Foundation
internal import Synchronization

/// Tells on standard error how far long work has come, after the first second
/// and not more often than four times a second.
///
/// On a terminal the line is written over itself; elsewhere a line is written
/// every ten seconds.
final class Progress: Sendable {
  private let start = ContinuousClock.now
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let last = Mutex<ContinuousClock.Instant?>(nil)

  /// Says what is being done.
  func report(_ text: @autoclosure () -> String) {
    let now = ContinuousClock.now
    let pause: Duration = isTerminal ? .milliseconds(250) : .seconds(10)
    let isDue = last.withLock { last in
      guard now - start > .seconds(1), now - (last ?? start) > pause else {
        return false
      }
      last = now
      return true
    }
    guard isDue else { return }
    let line = isTerminal ? "\r\u{1B}[K\(text())" : "\(text())\n"
    FileHandle.standardError.write(Data(line.utf8))
  }

  /// Takes the line away.
  func end() {
    guard isTerminal, last.withLock({ $0 != nil }) else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }
}
