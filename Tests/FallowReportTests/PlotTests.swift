// SPDX-License-Identifier: Apache-2.0

import FallowReport
import Testing

/// Plots are to scale.
@Suite struct PlotTests {
  private func heights(_ drawing: String) -> [String] {
    drawing.split(separator: "<rect").dropFirst().compactMap {
      $0.split(separator: "height=\"").last?.split(separator: "\"").first
        .map(String.init)
    }
  }

  @Test func barsAreAsHighAsTheirValues() {
    let plot = BarPlot(
      title: "t",
      [1, 2, 0].map { .init(name: "n", value: Double($0), text: "\($0)") })
    #expect(heights(plot.drawing) == ["55", "110", "0"])
  }

  @Test(arguments: [[], [0], [0, 0]])
  func nothingIsDrawnOfNothing(values: [Int]) {
    let bars = BarPlot(
      title: "t", values.map { .init(name: "", value: Double($0), text: "") })
    #expect(heights(bars.drawing).allSatisfy { $0 == "0" })
    let steps = StepPlot(title: "t", values, start: "a", end: "b")
    #expect(!steps.drawing.contains("nan"))
  }

  @Test func stepsReachTheirCounts() {
    let steps = StepPlot(title: "t", [0, 4, 2], start: "a", end: "b").drawing
    #expect(steps.contains("V138H186.7V12H333.3V75H480V138Z"))
  }
}
