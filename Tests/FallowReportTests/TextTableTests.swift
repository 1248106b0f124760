// SPDX-License-Identifier: Apache-2.0

import FallowReport
import Testing

/// Columns line up whatever stands in them, and colours are only where they
/// are wanted.
@Suite struct TextTableTests {
  @Test func columnsLineUp() {
    var table = TextTable(heading: ["scheme", "stale"])
    table.add(["immediate", "12,345"])
    table.add(["x", "0"])
    #expect(
      table.lines(colours: .none) == [
        "scheme      stale",
        "---------  ------",
        "immediate  12,345",
        "x               0",
      ])
  }

  @Test func coloursDoNotMoveColumns() {
    var table = TextTable(heading: ["name", "n"])
    table.add(["a", "1"], styles: [.plain, .alarm])
    let plain = table.lines(colours: .none)
    let coloured = table.lines(colours: Colours(areOn: true))
    #expect(coloured != plain)
    #expect(coloured.map(Self.withoutEscapes) == plain)
  }

  @Test(arguments: [TextTable.Style.strong, .alarm, .calm])
  func noColourLeavesTextAlone(_ style: TextTable.Style) {
    #expect(Colours.none.text("word", style) == "word")
    #expect(Colours(areOn: true).text("word", style) != "word")
  }

  private static func withoutEscapes(_ line: String) -> String {
    var text = ""
    var isEscape = false
    for character in line {
      if character == "\u{1B}" { isEscape = true }
      if !isEscape { text.append(character) }
      if isEscape && character == "m" { isEscape = false }
    }
    return text
  }
}
