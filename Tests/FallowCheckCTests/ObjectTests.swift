// SPDX-License-Identifier: Apache-2.0

import FallowExplorer
import Foundation
import Testing

@testable import FallowCheckC

/// Objects that the user's own build made are searched with the files beside
/// them, or refused by name.
@Suite struct ObjectTests {
  private static let user = """
    #include <fallow/linux.h>
    FALLOW_MACHINE(.cpus = 2, .slots = 1, .tables = 1);
    extern int count;
    void bump(void);
    FALLOW_READER(f) { bump(); BUG_ON(READ_ONCE(count) > 1); return true; }

    """
  private static let code = """
    int count;
    static int twice(int n) { return n << 1; }
    void bump(void)
    {
      if (twice(count) < 2) count = count + 1;
    }

    """

  /// Compiles text as a user's build would.
  private func object(
    _ text: String, _ change: (inout [String]) -> Void = { _ in }
  ) throws -> String {
    let program = try TemporaryC(text)
    let output = program.path + ".o"
    var arguments = CCompiler.flags(optimization: 0)
    change(&arguments)
    try withExtendedLifetime(program) {
      try CCompiler(nil).run(
        arguments + ["-c", program.path, "-o", output],
        doing: "compile as a user's build")
    }
    return output
  }

  private func check(
    _ object: String, user: String = Self.user
  ) throws -> Outcome {
    defer {
      if object.hasSuffix(".o") {
        try? FileManager.default.removeItem(atPath: object)
      }
    }
    let program = try TemporaryC(user)
    var settings = program.settings
    settings.objects = [object]
    let entry = try CCheck(settings).entry()
    var options = SearchOptions()
    options.livenessLimit = 0
    return entry.search(entry.scenario, options)
  }

  private func error(_ object: String, user: String = Self.user) -> String {
    do {
      _ = try check(object, user: user)
      return "none"
    } catch {
      return "\(error)"
    }
  }

  @Test func isSearchedWithTheFilesBesideIt() throws {
    let outcome = try check(object(Self.code))
    #expect(outcome.oracle == .assertion)
    #expect(outcome.timeline.contains { $0.step == "writes count" })
  }

  @Test func oneWithoutHooksIsRefused() throws {
    let plain = try object(Self.code) { $0 = ["-fPIC"] }
    #expect(error(plain).contains("has no hooks where it accesses memory"))
  }

  @Test func oneWithoutHooksOfBlocksIsRefused() throws {
    let unbounded = try object(Self.code) {
      $0.removeAll { $0.hasPrefix("-fsanitize-coverage") }
    }
    #expect(error(unbounded).contains("has no hooks where its blocks begin"))
  }

  @Test func oneFunctionWithoutHooksOfBlocksIsRefused() throws {
    let part = try object(
      Self.code.replacingOccurrences(
        of: "static int",
        with: "__attribute__((no_sanitize(\"coverage\")))"
          + "static int"))
    #expect(error(part).contains("twice() has no hooks where its blocks begin"))
  }

  @Test func oneThatCallsOtherHooksIsRefused() throws {
    let hooked = try object(Self.code) {
      $0.removeLast(2)
    }
    #expect(error(hooked).contains("hooks where functions begin and end"))
  }

  @Test func oneForAnotherMachineIsRefused() throws {
    let foreign = try object(Self.code) {
      $0 = ["--target=aarch64-linux-gnu", "-ffreestanding"]
    }
    #expect(error(foreign).contains("is not for x86-64"))
  }

  @Test func whatIsLinkedAlreadyIsRefused() {
    #expect(error("/proc/self/exe").contains("is linked already"))
  }

  @Test(arguments: ["", "no object"])
  func whatIsNoObjectIsRefused(text: String) throws {
    let path = NSTemporaryDirectory() + "fallow-\(UUID().uuidString).o"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(error(path).contains("is no object"))
  }

  @Test func assemblerBesideAnObjectIsRefused() throws {
    let found = error(
      try object(Self.code),
      user: Self.user
        + "FALLOW_READER(g) { __asm__(\"nop\"); return true; }\n")
    #expect(found.contains("inline assembler (nop)"))
  }

  @Test func whatNobodyDefinesIsNamed() throws {
    let found = error(try object("int count;\n"))
    #expect(found.contains("bump() is neither defined"))
  }

  @Test func anObjectAsAFileIsRefused() throws {
    let path = try object(Self.code)
    defer { try? FileManager.default.removeItem(atPath: path) }
    var settings = CSettings()
    settings.files = [path]
    let error = #expect(throws: CCheckError.self) { try CCheck(settings) }
    #expect(error?.description.contains("name it with --object") == true)
  }

  @Test func aFolderAsAFileIsRefused() {
    var settings = CSettings()
    settings.files = ["/tmp"]
    let error = #expect(throws: CCheckError.self) { try CCheck(settings) }
    #expect(error?.description == "/tmp cannot be read")
  }
}
