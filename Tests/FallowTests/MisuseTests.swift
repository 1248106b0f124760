// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What must not compile does not, and for the reason that it should not; the
/// same code used rightly does.
///
/// The first line of each fixture says the error it expects, and whether type
/// checking or the check of ownership after it finds it. Each phase is one run
/// of the compiler over all of its fixtures.
@Suite struct MisuseTests {
  struct Fixture {
    var name: String
    var phase: String
    var error: String
  }

  static func fixtures() throws -> [Fixture] {
    let folder = Toolchain.package.appending(path: "Tests/FallowTests/Misuse")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".swift.txt") }.sorted().map { file in
        let text = try String(
          contentsOf: folder.appending(path: file), encoding: .utf8)
        let first = text.prefix { $0 != "\n" }.dropFirst(3)
        let parts = first.split(separator: " error: ", maxSplits: 1)
        try #require(parts.count == 2, "\(file) does not say its error")
        return Fixture(
          name: String(file.dropLast(4)), phase: String(parts[0]),
          error: String(parts[1]))
      }
  }

  /// Copies fixtures under names that end in `.swift`, and compiles them.
  static func compile(
    _ fixtures: [Fixture], mode: [String]
  ) throws -> Toolchain.Run {
    let modules = try #require(Toolchain.modules, "no built module")
    return try Toolchain.withTemporaryFolder { folder in
      let source = Toolchain.package.appending(
        path: "Tests/FallowTests/Misuse")
      let files = try fixtures.map { fixture in
        let copy = folder.appending(path: fixture.name)
        try FileManager.default.copyItem(
          at: source.appending(path: fixture.name + ".txt"), to: copy)
        return copy.path
      }
      return try Toolchain.swiftc(
        ["-frontend"] + mode + [
          "-parse-as-library", "-swift-version", "6", "-module-name", "Misuse",
          "-I", modules.path,
        ] + files)
    }
  }

  static let ownership = ["-emit-sil", "-o", "/dev/null"]

  @Test func theControlsCompile() throws {
    let run = try Self.compile(
      try Self.fixtures(), mode: Self.ownership + ["-D", "CONTROL"])
    #expect(run.status == 0, "\(run.output)")
  }

  @Test(arguments: [
    ("type", ["-typecheck"]), ("ownership", ["-emit-sil", "-o", "/dev/null"]),
  ])
  func theMisusesDoNot(phase: String, mode: [String]) throws {
    let fixtures = try Self.fixtures().filter { $0.phase == phase }
    #expect(!fixtures.isEmpty)
    let run = try Self.compile(fixtures, mode: mode)
    #expect(run.status != 0)
    let errors = run.output.split(separator: "\n").filter {
      $0.contains(": error: ")
    }
    for fixture in fixtures {
      let own = errors.filter { $0.contains("/\(fixture.name):") }
      #expect(
        own.contains { $0.hasSuffix(": error: \(fixture.error)") },
        "\(fixture.name): \(own)")
    }
  }

  /// The 24 bits of the type word: one that aliases another, and a 25th.
  @Test func theBitsOfTheTypeWordAreAllocated() throws {
    let cases: [(line: String, error: String?)] = [
      ("case extra", nil),
      ("case alias = 232", "raw value for enum case is not unique"),
      (
        "case " + (19..<24).map { "extra\($0)" }.joined(separator: ", "), nil
      ),
      (
        "case " + (19..<25).map { "extra\($0)" }.joined(separator: ", "),
        "integer literal '256' overflows when stored into 'UInt8'"
      ),
    ]
    let file = Toolchain.librarySources.appending(path: "Frames/TypeWord.swift")
    let source = try String(contentsOf: file, encoding: .utf8)
    let last = "    case zero\n"
    try #require(source.contains(last))
    for (line, error) in cases {
      try Toolchain.withTemporaryFolder { folder in
        let copy = folder.appending(path: "TypeWord.swift")
        try source.replacing(last, with: last + "    \(line)\n")
          .write(to: copy, atomically: true, encoding: .utf8)
        let run = try Toolchain.swiftc(
          ["-frontend"] + Self.ownership + [
            "-parse-as-library", "-swift-version", "6", "-module-name",
            "TypeWord", copy.path,
          ]
            + [
              "Frames/TypeWord+Allocation.swift", "Frames/FrameZone.swift",
              "Frames/TableState.swift", "Addresses/AddressHalf.swift",
            ].map { Toolchain.librarySources.appending(path: $0).path })
        if let error {
          #expect(run.status != 0 && run.output.contains("error: \(error)"))
        } else {
          #expect(run.status == 0, "\(run.output)")
        }
      }
    }
  }
}
