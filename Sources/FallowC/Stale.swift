import Fallow
import FallowHeader

// What devices may still use, kept by a language without tokens: a token is made
// of a `struct fallow_stale` for the time of a call.

typealias CStale = UnsafeMutablePointer<fallow_stale>

extension fallow_stale {
  /// The root, or none: a struct that is zero is empty, so 0 stands for none.
  var root: FrameNumber {
    FrameNumber((library.0 & ~Self.kernelBit) &- 1)
  }

  /// Set in the root where the range is the kernel half's.
  private static var kernelBit: UInt64 { 1 << 63 }

  /// What a token holds, as C keeps it.
  init(_ contents: StaleContents) {
    self.init(
      start: contents.range.start.rawValue, size: contents.range.size,
      library: (
        (contents.root.rawValue &+ 1)
          | (contents.isKernel ? Self.kernelBit : 0),
        contents.head.rawValue &+ 1,
        contents.head == .none ? 0 : contents.tail.rawValue &+ 1
      ))
  }

  /// What a token is to hold; what the library did not fill in is a fault.
  var contents: StaleContents {
    let contents = StaleContents(
      root: Self.frame(library.0 & ~Self.kernelBit),
      isKernel: library.0 & Self.kernelBit != 0, range: range(start, size),
      head: Self.frame(library.1), tail: Self.frame(library.2))
    guard contents.isValid else {
      stop(FALLOW_INVALID_RECORD, at: contents.head)
    }
    return contents
  }

  private static func frame(_ word: UInt64) -> FrameNumber {
    word == 0 ? .none : FallowC.frame(word &- 1)
  }
}

extension StaleContents {
  /// Whether its tables are unlinked tables of its space.
  fileprivate var isValid: Bool {
    if head == .none { return tail == .none }
    return !isKernel && isUnlinked(head) && isUnlinked(tail)
  }

  private func isUnlinked(_ table: FrameNumber) -> Bool {
    if table == .none { return false }
    let platform = CPlatform()
    return TypeWord(of: table).isTable(in: .unlinked)
      && platform.load(.binding, of: table) == root.rawValue
  }
}

extension TypeWord {
  /// What the descriptor says that the frame is.
  init(of frame: FrameNumber) {
    self.init(
      rawValue: UInt32(
        truncatingIfNeeded: CPlatform().load(.typeWord, of: frame)))
  }
}

/// Finds a record that is not of the space from `root` on, before anything is
/// changed.
@inline(__always)
func check(_ stale: CStale?, of root: FrameNumber) {
  guard let stale = unsafe stale else { return }
  let contents = unsafe stale.pointee.contents
  if contents.root != .none && contents.root != root {
    CPlatform().fault(.wrongSpace, at: contents.root)
  }
}

/// Runs an operation that adds to a token, on what `stale` holds; where it is
/// null, C does not want to know.
///
/// Inlined always: a token is dropped on the way out of a closure that throws.
@inline(__always)
func gather(
  _ stale: CStale?, of root: FrameNumber, _ error: CError?,
  _ operation: (inout CStaleRange) throws(MapError) -> Void
) -> fallow_outcome {
  unsafe check(stale, of: root)
  let held = unsafe stale?.pointee.contents
  var gathered = unsafe StaleRange(held ?? .nothing, on: CPlatform())
  var outcome = FALLOW_DONE
  do throws(MapError) {
    try operation(&gathered)
  } catch let refusal {
    outcome = unsafe refusal.report(error)
  }
  let contents = unsafe gathered.contents()
  unsafe stale?.pointee = fallow_stale(contents)
  return outcome
}

extension StaleContents {
  static var nothing: Self {
    Self(
      root: .none, isKernel: false,
      range: VirtualRange(start: VirtualAddress(0), size: 0), head: .none,
      tail: .none)
  }
}

extension CKernelSpace {
  /// Unmapped addresses, as a token.
  func stale(_ range: VirtualRange) -> CStaleRange {
    unsafe StaleRange(
      StaleContents(
        root: range.isEmpty ? .none : root, isKernel: true, range: range,
        head: .none, tail: .none), on: CPlatform())
  }
}
