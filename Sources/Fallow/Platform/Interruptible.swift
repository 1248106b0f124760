// SPDX-License-Identifier: Apache-2.0

/// How an operation ends before its end.
///
/// ## Interruption
///
/// An access may throw ``Interruption``. On a kernel that type is `Never` and
/// callers write no `try`. A machine that searches interleavings throws after
/// one access, and later runs the operation again from its start, answering the
/// accesses it already made from a log. This is sound because an operation is
/// a function of its arguments and of the results of its accesses, and holds
/// nothing from one operation to the next.
public protocol Interruptible: BitwiseCopyable, Sendable {
  /// What an access throws to stop the operation in its middle; `Never` on a
  /// machine that runs it through.
  associatedtype Interruption: Error = Never

  /// A token was dropped while it still held `frame`. A hosted platform traps;
  /// one that is built for a kernel calls an undefined symbol, so that code
  /// which can drop a token does not link.
  ///
  /// - Parameter frame: The first frame that the token held.
  func dropped(_ frame: FrameNumber)

  /// A token was dropped, as ``dropped(_:)``, which it calls where a platform
  /// makes no difference between kinds of tokens. ``DropsFailToLink`` provides
  /// both.
  ///
  /// - Parameters:
  ///   - token: The kind of the token.
  ///   - frame: The first frame that the token held.
  func dropped(_ token: DroppedToken, holding frame: FrameNumber)

  /// A descriptor is not in the state that the operation demands: the caller
  /// passed a frame that it does not own. Does not return.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Parameters:
  ///   - fault: What is wrong.
  ///   - frame: The frame.
  func fault(
    _ fault: LifecycleFault, at frame: FrameNumber
  ) throws(Interruption) -> Never
}

extension Interruptible {
  /// As ``dropped(_:)``, whatever the token was.
  @inlinable
  @inline(__always)
  public func dropped(_ token: DroppedToken, holding frame: FrameNumber) {
    dropped(frame)
  }
}
