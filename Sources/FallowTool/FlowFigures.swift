// SPDX-License-Identifier: Apache-2.0

internal import FallowReport
internal import FallowTrace

/// The plots of how tables went through the queue.
struct FlowFigures {
  private let flow: TableFlow
  private let name: String

  /// The plots of `flow`, which is that of `name`.
  init(_ flow: TableFlow, of name: String) {
    self.flow = flow
    self.name = name
  }

  /// Adds those plots that have something to show.
  func add(to page: inout HTMLPage) {
    quarantined(&page)
    waits(&page)
    batches(&page)
  }

  private func quarantined(_ page: inout HTMLPage) {
    let series = flow.quarantined
    guard series.most > 0 else { return }
    page.add(
      figure: StepPlot(
        title: "Tables in quarantine over time, \(name)",
        series.stretches.map(\.most), start: Numbers.time(series.start),
        end: Numbers.time(series.end)
      ).drawing,
      caption: "Quarantine over time, \(name): tables freed and not released, "
        + "the most in each \(Numbers.duration(series.width))")
  }

  private func waits(_ page: inout HTMLPage) {
    let bars = flow.waits.bars
    guard !bars.isEmpty else { return }
    page.add(
      figure: BarPlot(
        title: "Time in the queue, \(name)",
        bars.map {
          BarPlot.Bar(
            name: Self.bound($0.below), value: Double($0.count),
            text: $0.count > 0 ? Numbers.count($0.count) : "")
        }
      ).drawing,
      caption: "Time in the queue, \(name): \(Numbers.count(flow.waits.total)) "
        + "tables by their wait from the free to the release, below the time "
        + "under each bar and not below the one before")
  }

  private func batches(_ page: inout HTMLPage) {
    let bars = flow.batches.bars
    guard !bars.isEmpty else { return }
    page.add(
      figure: BarPlot(
        title: "Batch sizes, \(name)",
        bars.map {
          BarPlot.Bar(
            name: Self.sizes($0), value: Double($0.count),
            text: $0.count > 0 ? Numbers.count($0.count) : "")
        }
      ).drawing,
      caption: "Batch sizes, \(name): \(Numbers.count(flow.batches.total)) "
        + "worker runs by the tables that each released")
  }

  /// A bound of a duration, which is a round number of its unit: `20 us`.
  private static func bound(_ nanoseconds: UInt64?) -> String {
    switch nanoseconds {
    case nil: "more"
    case let value? where value < 1_000_000: "\(value / 1_000) us"
    case let value? where value < 1_000_000_000: "\(value / 1_000_000) ms"
    case let value?: "\(value / 1_000_000_000) s"
    }
  }

  private static func sizes(_ bar: Histogram.Bar) -> String {
    guard let below = bar.below else { return "from \(bar.from)" }
    return below == bar.from + 1
      ? "\(bar.from)" : "\(bar.from) to \(below - 1)"
  }
}
