// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// For protocols that are not the library's: what its oracles go by.
extension SteppingMachine {
  /// Says where a table of level 1 of the kernel half stands.
  ///
  /// The library's own code says it by itself. A protocol of one's own says
  /// `linked` before a table is linked, and `quarantined` when it is handed to
  /// the actor that frees it.
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - state: Where it stands from now on.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func describe(
    _ table: FrameNumber, as state: TableState
  ) throws(Stop) {
    var word = TypeWord.table(of: KernelHalf.self, level: 1, order: 0)
    word.state = state
    try store(UInt64(word.rawValue), to: .typeWord, of: table)
  }
}

extension SteppingMachine {
  /// The root's entry for a slot, in a tree of as many levels as the machine's.
  ///
  /// - Parameter slot: The slot.
  public func rootEntry(for slot: Slot) -> PhysicalAddress {
    let layout = core.layout
    let index = slot.firstPage >> ((layout.levels - 1) * layout.indexBits)
    return core.number(0).address + UInt64(index * 8)
  }
}

extension Slot {
  /// The root's entry for the slot, in a tree of two levels of two entries.
  public var rootEntry: PhysicalAddress {
    TinyFormat<TwoByTwo>.slot(
      for: range.start, in: FrameNumber(FrameName.number(0)), level: 2)
  }

  /// A leaf that maps the slot's first page.
  public var leaf: UInt64 {
    TinyFormat<TwoByTwo>.leafEntry(
      mapping: target, level: 1, attributes: .none)
  }

  /// How many bytes into its table the leaf goes.
  public var leafOffset: UInt64 {
    UInt64(TinyFormat<TwoByTwo>.index(of: range.start, level: 1) * 8)
  }
}
