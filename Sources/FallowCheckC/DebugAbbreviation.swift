// SPDX-License-Identifier: Apache-2.0

/// The attributes of a kind of entries, and how their values are written.
struct DebugAbbreviation {
  var tag: UInt64
  var hasChildren: Bool
  var attributes: [(attribute: UInt64, form: DebugForm)] = []

  /// A table of them, each by its number.
  ///
  /// - Throws: What is damaged.
  static func table(
    in section: DebugSection, at offset: UInt64
  ) throws(CCheckError) -> [UInt64: DebugAbbreviation] {
    var cursor = try section.cursor(at: offset)
    var table: [UInt64: DebugAbbreviation] = [:]
    while true {
      let code = try cursor.unsigned()
      if code == 0 { return table }
      var found = DebugAbbreviation(
        tag: try cursor.unsigned(), hasChildren: try cursor.number(1) != 0)
      while true {
        let attribute = try cursor.unsigned()
        var form = DebugForm(code: try cursor.unsigned())
        if form.code == DebugForm.implicitConstant {
          form.constant = try cursor.signed()
        }
        if attribute == 0 && form.code == 0 { break }
        found.attributes.append((attribute, form))
      }
      table[code] = found
    }
  }
}
