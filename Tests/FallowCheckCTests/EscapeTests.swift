// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowCheckC

/// What the hooks cannot see is an error that names the line.
@Suite struct EscapeTests {
  private func error(_ text: String) -> String? {
    do {
      _ = try search(text)
      return nil
    } catch let error as CCheckError {
      return error.description
    } catch {
      return nil
    }
  }

  @Test func assemblerIsRefused() {
    let found = error(
      "static long n;\nFALLOW_READER(f)\n{\n"
        + "  __asm__ volatile(\"lock incq %0\" : \"+m\"(n));\n"
        + "  return true;\n}\n")
    #expect(found?.contains(".c:5: inline assembler (lock incq") == true)
  }

  @Test func aBarrierIsNot() {
    #expect(error("FALLOW_READER(f) { barrier(); return true; }") == nil)
  }

  @Test func callsToOtherCodeAreRefused() {
    let found = error(
      "int elsewhere(int);\nFALLOW_READER(f)\n{\n"
        + "  return elsewhere(1);\n}\n")
    #expect(found?.contains(".c:5: elsewhere() is neither defined") == true)
  }

  @Test func whatDoesNotCompileIsShown() {
    #expect(error("FALLOW_READER(f) { return no; }")?.contains("'no'") == true)
  }

  @Test func aFileWithoutOperationsIsRefused() {
    #expect(error("static int n;")?.contains("declares no operation") == true)
  }

  @Test func aMissingFileIsNamed() {
    var settings = CSettings()
    settings.files = ["/nowhere/at/all.c"]
    #expect(throws: CCheckError.self) { try CCheck(settings) }
  }
}
