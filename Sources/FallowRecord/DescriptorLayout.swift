// SPDX-License-Identifier: Apache-2.0

/// How the programs expect the kernel's descriptors of frames to be laid out
/// (include/linux/mm_types.h, include/linux/page-flags.h).
enum DescriptorLayout {
  private static let sizes = [("page", 64), ("ptdesc", 64)]
  private static let offsets = [
    ("pt_list", 8), ("__page_type", 48), ("__page_refcount", 52),
  ]
  /// The type of a constructed table, in the highest byte of the type word.
  private static let tableType: UInt32 = 0xF2

  /// Compares the layout with the kernel's own description of its types.
  ///
  /// - Returns: Whether the kernel describes all of it.
  /// - Throws: ``RecordError/differentLayout(difference:)``.
  static func check(_ types: TypeInformation) throws(RecordError) -> Bool {
    var isComplete = true
    func compare(
      _ what: String, _ found: Int?, _ expected: Int
    ) throws(RecordError) {
      guard let found else {
        isComplete = false
        return
      }
      guard found == expected else {
        throw .differentLayout(
          difference: "\(what) is \(found), not \(expected)")
      }
    }
    for (structure, size) in sizes {
      try compare(
        "the size of struct \(structure)", types.size(of: structure), size)
    }
    for (member, offset) in offsets {
      try compare(
        "the offset of \(member) in struct ptdesc",
        types.offset(of: member, in: "ptdesc"), offset)
    }
    try compare(
      "PGTY_table",
      types.value(of: "PGTY_table", in: "pagetype").map(Int.init),
      Int(tableType))
    return isComplete
  }
}
