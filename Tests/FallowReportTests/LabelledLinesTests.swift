// SPDX-License-Identifier: Apache-2.0

import FallowReport
import Testing

/// Labels stand in one column, texts in another.
@Suite struct LabelledLinesTests {
  @Test func textsLineUpAndAreWrapped() {
    var lines = LabelledLines()
    lines.add("a", "short")
    lines.add("label", String(repeating: "word ", count: 20))
    #expect(
      lines.lines == [
        "  a      short",
        "  label  "
          + Array(repeating: "word", count: 14).joined(separator: " "),
        "         " + Array(repeating: "word", count: 6).joined(separator: " "),
      ])
  }

  @Test func aLongWordIsNotBroken() {
    var lines = LabelledLines()
    let word = String(repeating: "x", count: 100)
    lines.add("a", "b " + word)
    #expect(lines.lines == ["  a  b", "     " + word])
  }
}
