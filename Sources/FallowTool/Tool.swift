// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowTrace
internal import Foundation

/// The tool behind the executable.
public enum Tool {
  /// The command `fallow`: parses the command line, does what it says, and
  /// exits.
  public static func main() -> Never {
    run(FallowCommand.self)
  }

  /// The command `fallow-record`, likewise.
  public static func recorder() -> Never {
    run(RecorderCommand.self)
  }

  private static func run(_ root: any ParsableCommand.Type) -> Never {
    do {
      var command = try root.parseAsRoot()
      try command.run()
      exit(ExitStatus.success)
    } catch let error as TraceError {
      printError("fallow: \(error)")
      exit(ExitStatus.unusable)
    } catch let code as ExitCode {
      exit(code.rawValue)
    } catch {
      let isHelp = root.exitCode(for: error) == .success
      let message = root.fullMessage(for: error)
      if isHelp {
        print(message)
        exit(ExitStatus.success)
      }
      printError(message)
      exit(ExitStatus.unusable)
    }
  }
}

/// What the tool's exit status means.
enum ExitStatus {
  /// All is well.
  static let success: Int32 = 0
  /// A scheme that claims safety was violated.
  static let violation: Int32 = 1
  /// The input or the command line could not be used.
  static let unusable: Int32 = 2
  /// A search met its bound before it was done, or a recording does not support
  /// a verdict.
  static let incomplete: Int32 = 3
}

/// Writes a line to standard error.
func printError(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}
