/// What is wrong with a frame that was handed to the library.
@frozen
public enum LifecycleFault: UInt8, BitwiseCopyable, Sendable {
  /// The table's mark does not say the half that its token says.
  case wrongMark
  /// The table is not in the state that its token says.
  case wrongState
  /// The table was unlinked in another address space than those beside it.
  case wrongSpace
}
