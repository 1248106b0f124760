// SPDX-License-Identifier: Apache-2.0

public import Fallow

/// A machine on which an operation makes one access at a time.
///
/// It is a `Platform` like any kernel's: the library, and whatever else is
/// written over a platform, runs on it unchanged. ``Search`` steps it through
/// every interleaving.
@safe
public struct SteppingMachine: IOMMUPlatform, @unchecked Sendable {
  /// An operation is stopped after every shared access.
  public typealias Interruption = Stop

  let pointer: UnsafeMutablePointer<Core>

  @inline(__always)
  var core: Core {
    _read { yield unsafe pointer.pointee }
    nonmutating _modify { yield unsafe &pointer.pointee }
  }

  /// How many CPUs there are: those that run operations, and the one that runs
  /// the worker.
  public var cpuCount: Int { core.layout.cpus + 1 }

  /// A token was dropped: what an interrupted operation held dies with it; any
  /// other is a violation.
  public func dropped(_ frame: FrameNumber) {
    if !core.isUnwinding {
      core.note(.droppedToken, at: core.index(of: frame))
    }
  }

  /// Ends the search with ``Oracle/wrongState`` or ``Oracle/unmarkedTable``.
  public func fault(
    _ fault: LifecycleFault, at frame: FrameNumber
  ) throws(Stop) -> Never {
    throw core.fail(
      fault == .wrongMark ? .unmarkedTable : .wrongState,
      at: core.index(of: frame))
  }

  /// Begins a turn of a loop that tries again.
  public func attempt() throws(Stop) { try core.attempt() }
}
