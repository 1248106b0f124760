// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowRecord

@Suite struct KernelTextTests {
  private static let start: UInt64 = 0xFFFF_FFFF_8100_0000

  /// Text of 256 bytes that holds a call or jump at 16.
  private static func text(_ opcode: UInt8, to target: UInt64) -> KernelText {
    var bytes = [UInt8](repeating: 0x90, count: 256)
    let offset = Int64(bitPattern: target &- (start + 16 + 5))
    bytes[16] = opcode
    for index in 0..<4 {
      bytes[17 + index] = UInt8(
        truncatingIfNeeded: offset >> (8 * Int64(index)))
    }
    return KernelText(bytes, at: start)
  }

  @Test(arguments: [0xE8, 0xE9, 0xCC] as [UInt8])
  func callsJumpsAndTheirBreakpointsAreFound(opcode: UInt8) {
    let target = Self.start - 0x1000
    let text = Self.text(opcode, to: target)
    #expect(text.calls(of: [target], in: text.range) == [Self.start + 16])
    #expect(text.calls(of: [target + 1], in: text.range) == [])
  }

  @Test(arguments: [4, -9, -10] as [Int64])
  func callsThroughOtherEntriesAreFound(offset: Int64) {
    let target = Self.start + 0x8000
    let text = Self.text(
      0xE8, to: target &+ UInt64(bitPattern: offset))
    #expect(text.calls(of: [target], in: text.range) == [Self.start + 16])
  }

  @Test func otherInstructionsAreNoCalls() {
    let target = Self.start + 0x8000
    let text = Self.text(0x8B, to: target)
    #expect(text.calls(of: [target], in: text.range) == [])
  }

  @Test func onlyTheRangeIsSearched() {
    let target = Self.start + 0x8000
    let text = Self.text(0xE8, to: target)
    let range = text.range
    #expect(
      text.calls(of: [target], in: Self.start + 17..<range.upperBound) == [])
    #expect(
      text.calls(of: [target], in: Self.start..<Self.start + 20) == [])
    #expect(text.calls(of: [target], in: 0..<5) == [])
    #expect(
      text.calls(of: [target], in: 0..<UInt64.max) == [Self.start + 16])
  }
}
