// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// A state of the machine, to be looked at by a property.
///
/// It is valid while the property looks at it.
public struct StateView {
  private let cells: Cells
  private let layout: Layout

  init(_ cells: Cells, _ layout: Layout) {
    self.cells = cells
    self.layout = layout
  }

  /// The frames for tables, by their place in reports; the root is frame 0.
  public var frames: Range<Int> { 0..<layout.frames }

  /// The number by which code knows a frame.
  ///
  /// - Parameter frame: The frame's place among ``frames``.
  public func number(of frame: Int) -> FrameNumber {
    FrameNumber(FrameName.number(frame))
  }

  /// Whether nobody owns a frame.
  ///
  /// - Parameter frame: The frame's place among ``frames``.
  public func isFree(_ frame: Int) -> Bool {
    cells[Layout.free] >> UInt64(frame) & 1 != 0
  }

  /// An entry of a table as it is in memory.
  ///
  /// - Parameters:
  ///   - index: The place of the entry in its table.
  ///   - frame: The place of the table among ``frames``.
  /// - Precondition: The table has such an entry.
  public func entry(_ index: Int, of frame: Int) -> UInt64 {
    precondition(frames.contains(frame), "there is no such frame")
    precondition(
      (0..<layout.entriesPerTable).contains(index), "there is no such entry")
    return cells[layout.entry(frame, index)]
  }

  /// A word of a frame's descriptor.
  ///
  /// - Parameters:
  ///   - field: The word.
  ///   - frame: The frame's place among ``frames``.
  /// - Precondition: The frame is one of ``frames``.
  public func load(_ field: DescriptorField, of frame: Int) -> UInt64 {
    precondition(frames.contains(frame), "there is no such frame")
    return cells[layout.field(field, of: frame)]
  }

  /// A word of the kernel; nil if the machine does not have it.
  ///
  /// - Parameter word: The word.
  public func load(_ word: KernelWord) -> UInt64? {
    layout.word(word).map { cells[$0] }
  }

  /// Whether a walker holds a pointer to a frame, or is on a walk through it.
  ///
  /// - Parameter frame: The frame's place among ``frames``.
  public func isHeld(_ frame: Int) -> Bool {
    (0..<layout.walkers).contains { walker in
      [false, true].contains { old in
        (1...layout.tablePlaces).contains { place in
          let byte = cells[layout.set(of: walker, old: old), byte: place - 1]
          return byte >> UInt8(frame) & 1 != 0
        }
      }
    }
  }

  /// Whether an actor has begun an operation and not ended it: the CPUs, then
  /// the worker, then interrupts.
  ///
  /// - Parameter actor: The number of the actor.
  public func isAtWork(_ actor: Int) -> Bool {
    cells[layout.headers + actor] != 0
  }

  /// Whether no actor is at work and the worker is not to run.
  public var isAtRest: Bool {
    cells[Layout.flags] & 1 == 0
      && !(0..<layout.actors).contains(where: isAtWork)
  }
}
