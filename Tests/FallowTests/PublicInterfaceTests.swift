// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the library says to others, as the compiler writes it down.
@Suite struct PublicInterfaceTests {
  /// A public declaration, and the type or extension that it is in.
  struct Declaration {
    var type: String
    var text: String

    /// What it returns, if it is a function.
    var result: String {
      text.range(of: "-> ", options: .backwards).map {
        String(text[$0.upperBound...])
      } ?? ""
    }
  }

  static func publicDeclarations() throws -> [Declaration] {
    let text = try Toolchain.withTemporaryFolder { folder in
      let interface = folder.appending(path: "Fallow.swiftinterface")
      let run = try Toolchain.swiftc(
        [
          "-emit-module", "-o",
          folder.appending(path: "Fallow.swiftmodule").path,
          "-emit-module-interface-path", interface.path,
          "-enable-library-evolution", "-parse-as-library", "-wmo",
          "-swift-version", "6", "-module-name", "Fallow", "-package-name",
          "fallow",
        ] + Toolchain.libraryFiles())
      try #require(run.status == 0, "\(run.output)")
      return try String(contentsOf: interface, encoding: .utf8)
    }
    var type = ""
    var found: [Declaration] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if !line.hasPrefix(" "),
        let place = words.firstIndex(where: {
          ["struct", "enum", "protocol", "extension"].contains($0)
        }), place + 1 < words.count
      {
        type = String(words[place + 1].prefix { $0 != "<" })
          .replacing("Fallow.", with: "")
      }
      guard words.contains("public") || words.first == "case" else { continue }
      guard !words.contains(where: { $0 == "struct" || $0 == "enum" })
      else { continue }
      found.append(Declaration(type: type, text: String(line)))
    }
    return found
  }

  @Test func onlyAnInvalidationMakesABatchReleasable() throws {
    let declarations = try Self.publicDeclarations()
    let makers = declarations.filter {
      $0.result.contains("ReleasableBatch")
        || $0.result.contains("InvalidatedBatch")
        || $0.text.contains("inout Fallow.ReleasableBatch")
    }
    // One for each half.
    #expect(makers.count == 2)
    #expect(
      makers.allSatisfy {
        $0.type == "Batch" && $0.text.contains(" invalidated<Driver>(by ")
      })
  }

  @Test func onlyMakeMakesATable() throws {
    let makers = try Self.publicDeclarations().filter {
      $0.result.contains("ConstructedTable")
        || $0.type == "ConstructedTable" && $0.result.contains("Self")
        || $0.text.contains("inout Fallow.ConstructedTable")
    }
    #expect(makers.count == 1)
    #expect(makers.allSatisfy { $0.text.contains("static func make(on ") })
  }

  @Test func noTokenHasAPublicInitializerButTheEmptyList() throws {
    let tokens = [
      "ConstructedTable", "UnlinkedTables", "Batch", "InvalidatedBatch",
      "ReleasableBatch",
    ]
    let declarations = try Self.publicDeclarations()
    for token in tokens {
      #expect(declarations.contains { $0.type == token }, "\(token) is unseen")
    }
    let initializers = declarations.filter {
      tokens.contains($0.type) && $0.text.contains(" init")
    }
    #expect(initializers.map(\.type) == ["UnlinkedTables"])
  }

  /// What a token holds cannot be read or changed from outside.
  @Test func tokensShowNoFrames() throws {
    let tokens = [
      "ConstructedTable", "UnlinkedTables", "Batch", "InvalidatedBatch",
      "ReleasableBatch",
    ]
    let variables = try Self.publicDeclarations().filter {
      tokens.contains($0.type) && $0.text.contains(" var ")
    }
    #expect(
      variables.allSatisfy {
        $0.text.contains("isEmpty: ") || $0.text.contains("isComplete: ")
      })
  }
}
