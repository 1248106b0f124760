// SPDX-License-Identifier: Apache-2.0

/// A run of values in memory, shared by every holder of the view.
///
/// The size is fixed and every index is checked, so the pointer never leaves
/// its memory; its maker deallocates it when no view is used any more.
@safe
struct FixedBuffer<Element: BitwiseCopyable>: BitwiseCopyable {
  /// How many values there are.
  let count: Int

  private let base: UnsafeMutablePointer<Element>

  /// `count` copies of `value`.
  init(repeating value: Element, count: Int) {
    self.count = count
    unsafe base = .allocate(capacity: count)
    unsafe base.initialize(repeating: value, count: count)
  }

  /// The value at `index`.
  @inline(__always)
  subscript(index: Int) -> Element {
    get {
      check(index)
      return unsafe base[index]
    }
    nonmutating _modify {
      check(index)
      yield unsafe &base[index]
    }
  }

  @inline(__always)
  private func check(_ index: Int) {
    precondition(
      UInt(bitPattern: index) < UInt(bitPattern: count), "outside the slab")
  }

  /// Where the values are.
  @unsafe
  var address: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(base) }

  /// Gives the memory back.
  ///
  /// No view may be used afterwards.
  func deallocate() {
    unsafe base.deallocate()
  }
}
