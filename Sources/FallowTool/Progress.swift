internal import Foundation

/// Tells on standard error how far long work has come, after the first second
/// and not more often than four times a second.
///
/// On a terminal the line is written over itself; elsewhere a line is written
/// every ten seconds.
final class Progress {
  private let start = ContinuousClock.now
  private var last: ContinuousClock.Instant
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var hasWritten = false

  init() {
    last = start
  }

  /// Says what is being done.
  func report(_ text: @autoclosure () -> String) {
    let now = ContinuousClock.now
    let pause: Duration = isTerminal ? .milliseconds(250) : .seconds(10)
    guard now - start > .seconds(1), now - last > pause else { return }
    last = now
    hasWritten = true
    let line = isTerminal ? "\r\u{1B}[K\(text())" : "\(text())\n"
    FileHandle.standardError.write(Data(line.utf8))
  }

  /// Takes the line away.
  func end() {
    guard hasWritten && isTerminal else { return }
    FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
  }
}
