// SPDX-License-Identifier: Apache-2.0

import FallowReport
import Testing

/// A page shows what it is given, as text and never as markup.
@Suite struct HTMLTableTests {
  @Test func aFigureHasItsPathAndExactValue() {
    var table = HTMLTable(heading: ["what", "figure"])
    table.add([
      .text("wait"), .duration(1_019_000, at: "cost.queueTimeNanoseconds.p50"),
    ])
    var page = HTMLPage(title: "t")
    page.add(table)
    #expect(
      page.text.contains(
        "<data data-path=\"cost.queueTimeNanoseconds.p50\" value=\"1019000\">"
          + "1.02 ms</data>"))
  }

  @Test func namesAreNoMarkup() {
    let name = "<script>alert(\"&\")</script>"
    var table = HTMLTable(heading: [name])
    table.add([.text(name, .alarm)])
    table.add([.count(1, at: name)])
    var page = HTMLPage(title: name)
    page.addHeading(name)
    page.addParagraph(name)
    page.addVerdict(name, .calm)
    page.add(table)
    page.addTimeline([(name, name, name, true)])
    page.add(
      figure: BarPlot(title: name, [.init(name: name, value: 1, text: name)])
        .drawing, caption: name)
    page.add(
      figure: StepPlot(title: name, [1], start: name, end: name).drawing,
      caption: name)
    #expect(!page.text.contains("<script"))
    #expect(!page.text.contains("alert(\""))
  }
}
