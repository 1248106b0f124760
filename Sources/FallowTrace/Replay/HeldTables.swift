// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Tables between the moment they were unlinked and the moment the recording
/// retires them.
///
/// A token cannot be kept in a collection, so each travels in a box.
final class HeldTable<P: Platform> {
  private var tables: UnlinkedTables<P, KernelHalf>?

  /// The table's frame.
  let frame: FrameNumber

  /// Holds one table.
  init(_ table: consuming UnlinkedTables<P, KernelHalf>) {
    frame = table.first
    tables = consume table
  }

  /// Takes the table out of its box.
  func take() -> UnlinkedTables<P, KernelHalf>? {
    tables.take()
  }
}
