// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowRecord

@Suite struct DescriptorLayoutTests {
  /// Writes type information as a kernel's compiler does.
  private struct Writer {
    var types: [UInt8] = []
    var strings: [UInt8] = [0]

    mutating func name(_ text: String) -> UInt32 {
      guard !text.isEmpty else { return 0 }
      strings += Array(text.utf8) + [0]
      return UInt32(strings.count - text.utf8.count - 1)
    }

    mutating func add(_ words: UInt32...) {
      for word in words { add(word) }
    }

    private mutating func add(_ word: UInt32) {
      for shift in stride(from: 0 as UInt32, to: 32, by: 8) {
        types.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }

    mutating func type(
      _ kind: UInt32, _ name: String, size: UInt32,
      members: [(name: String, type: UInt32, offset: UInt32)] = []
    ) {
      add(self.name(name), kind << 24 | UInt32(members.count), size)
      for member in members {
        add(self.name(member.name), member.type, member.offset * 8)
      }
    }

    var bytes: [UInt8] {
      var header = Writer()
      header.add(
        0x1_EB9F, 24, 0, UInt32(types.count), UInt32(types.count),
        UInt32(strings.count))
      return header.types + types + strings
    }
  }

  /// A kernel's types, with one of its numbers changed.
  private static func types(
    page: UInt32 = 64, list: UInt32 = 0, type: UInt32 = 48,
    references: UInt32 = 52, table: UInt32 = 0xF2
  ) -> [UInt8] {
    var writer = Writer()
    writer.type(1, "int", size: 4)
    writer.add(0x100_0020)
    writer.type(
      5, "", size: 16, members: [("pt_rcu_head", 1, 0), ("pt_list", 1, list)])
    writer.type(
      4, "ptdesc", size: 64,
      members: [
        ("pt_flags", 1, 0), ("", 2, 8), ("__page_type", 1, type),
        ("__page_refcount", 1, references),
      ])
    writer.type(4, "page", size: page)
    let name = writer.name("pagetype")
    writer.add(name, 6 << 24 | 1, 4)
    let enumerator = writer.name("PGTY_table")
    writer.add(enumerator, table)
    return writer.bytes
  }

  private static func check(_ bytes: [UInt8]) throws -> Bool {
    try DescriptorLayout.check(try #require(TypeInformation(bytes)))
  }

  @Test func theExpectedLayoutIsAccepted() throws {
    #expect(try Self.check(Self.types()))
  }

  @Test(
    arguments: [
      ("the size of struct page is 56, not 64", types(page: 56)),
      (
        "the offset of pt_list in struct ptdesc is 12, not 8", types(list: 4)
      ),
      (
        "the offset of __page_type in struct ptdesc is 44, not 48",
        types(type: 44)
      ),
      (
        "the offset of __page_refcount in struct ptdesc is 56, not 52",
        types(references: 56)
      ), ("PGTY_table is 243, not 242", types(table: 0xF3)),
    ])
  func anotherLayoutIsNamed(difference: String, bytes: [UInt8]) {
    #expect(throws: RecordError.differentLayout(difference: difference)) {
      try Self.check(bytes)
    }
  }

  @Test func whatTheKernelDoesNotDescribeIsNotChecked() throws {
    var writer = Writer()
    writer.type(4, "page", size: 64)
    #expect(try Self.check(writer.bytes) == false)
  }

  @Test(arguments: UInt64(1)...200)
  func damagedTypesCrashNothing(seed: UInt64) {
    var bytes = Self.types()
    var state = seed
    for _ in 0..<8 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      bytes[Int(state >> 33) % bytes.count] = UInt8(
        truncatingIfNeeded: state >> 20)
    }
    guard let types = TypeInformation(bytes) else { return }
    _ = try? DescriptorLayout.check(types)
  }
}
