import CMachine

/// The results of an image, as lines of the Test Anything Protocol.
package struct TestRun {
  private var count: UInt64 = 0
  private var failures: UInt64 = 0

  /// Begins the output.
  package init() {
    Console.write("TAP version 13\n")
  }

  /// Reports one test, of `subject` if it is one of several.
  package mutating func check(
    _ isTrue: Bool, _ name: StaticString, of subject: StaticString? = nil
  ) {
    count += 1
    if !isTrue {
      failures += 1
      Console.write("not ")
    }
    Console.write("ok ")
    Console.write(count)
    Console.write(" - ")
    if let subject {
      Console.write(subject)
      Console.write(": ")
    }
    Console.write(name)
    Console.write("\n")
  }

  /// Begins a stretch of figures with a comment.
  package func section(_ name: StaticString) {
    Console.write("# ")
    Console.write(name)
    Console.write("\n")
  }

  /// Reports a figure, as a comment.
  package func figure(
    _ name: StaticString, _ value: UInt64, _ unit: StaticString
  ) {
    Console.write("# ")
    Console.write(name)
    Console.write(": ")
    Console.write(value)
    Console.write(" ")
    Console.write(unit)
    Console.write("\n")
  }

  /// Ends the output with its plan, and the machine with its verdict.
  package func end() -> Never {
    Console.write("1..")
    Console.write(count)
    Console.write("\n# ")
    Console.write(failures)
    Console.write(" failed\n")
    Machine.exit(isSuccess: failures == 0 && count > 0)
  }
}
