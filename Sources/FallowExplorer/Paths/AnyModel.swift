// SPDX-License-Identifier: Apache-2.0

/// Code that is searched, of a type that the compiler does not know.
///
/// What a compiler specializes of another module's generic code loses its
/// source lines. So a search, which has to be fast, runs code that is
/// specialized; a timeline, which has to name lines, runs this.
struct AnyModel: Model {
  let base: any Model

  func perform(_ operation: Operation, on slot: Slot) throws(Stop) -> Bool {
    try base.perform(operation, on: slot)
  }
}

extension Search {
  /// The same search of the same code, with its source lines.
  var withLines: Search<AnyModel> {
    Search<AnyModel>(scenario, options: options) { (machine) throws(Stop) in
      AnyModel(base: try makeModel(machine))
    }
  }
}
