// SPDX-License-Identifier: Apache-2.0

internal import FallowSchemes

extension Catalogue {
  /// Cursors that share a table, and whose table is taken away.
  static var cursors: [CatalogueEntry] {
    [
      library(
        "cursors-fallow", "two CPUs, two pages of one table, by cursors",
        own("a table ends as empty by the last hand-back"),
        Scenario.cursors(bounds(cpus: 2, slots: 2, frames: 1)).once,
        .fallow),
      library(
        "cursor-whole-fallow",
        "a whole range is unmapped while a cursor stands in its table",
        own("a cursor's hand-back and a whole range end a table once"),
        .addressesChangeHands(
          from: .useTwiceByCursor, to: .unmapWhole, pages: 4), .fallow),
      library(
        "cursor-leaf-fallow",
        "a table makes way for a leaf while a cursor stands in it",
        own("a reservation is no mapping"),
        .addressesChangeHands(
          from: .useOnceByCursor, to: .mapLeafOverTable, pages: 2), .fallow),
    ]
  }
}
