// SPDX-License-Identifier: Apache-2.0

/// Calls that wait for readers, as `call_rcu` puts them off.
extension SteppingMachine {
  /// A shared access: ``Operation/callback`` begins once for `argument`, at any
  /// time after all readers of now have left.
  ///
  /// An actor of its own performs it, which may not sleep. A second call with
  /// an argument that waits already ends the search with
  /// ``Oracle/queuedTwice``, a fifth that waits with ``Oracle/tooManyCalls``,
  /// and a call on a machine without ``Bounds/callbacks`` with
  /// ``Oracle/outOfBounds``.
  ///
  /// - Parameter argument: What the callback is about, such as a table's
  ///   number.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func callAfterReaders(_ argument: UInt64) throws(Stop) {
    guard core.layout.hasCallbacks else { throw core.fail(.outOfBounds) }
    _ = try putOff(.callback, 1, argument)
  }

  /// A shared access: the argument of a call that can be carried out now, any
  /// of them; ``Operation/callback`` begins with it.
  ///
  /// - Returns: The argument.
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func takeCallback() throws(Stop) -> UInt64 {
    guard core.actor == core.layout.callback else {
      throw core.fail(.outOfBounds)
    }
    return try takeCall().argument
  }

  /// A shared access that blocks until no call waits or is under way, as
  /// `rcu_barrier` does.
  ///
  /// - Throws: ``Stop``, where the actor's turn ends.
  public func awaitCallbacks() throws(Stop) {
    try core.sleep()
    try flushCalls(nil)
  }
}
