// SPDX-License-Identifier: Apache-2.0

/// Why an allocator or a cache refused a frame.
///
/// Nothing has changed then. A kernel that takes it for a bug of its own hands
/// it on to ``Interruptible/fault(_:at:)``.
@frozen
public struct FrameError: Error, Equatable, BitwiseCopyable, Sendable {
  /// What is wrong.
  public let fault: LifecycleFault

  /// The frame that it is wrong with: the first of several.
  public let frame: FrameNumber

  @inlinable
  init(_ fault: LifecycleFault, at frame: FrameNumber) {
    self.fault = fault
    self.frame = frame
  }
}
