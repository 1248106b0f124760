// SPDX-License-Identifier: Apache-2.0

/// Read sections: stretches in which a CPU reads tables that it did not lock.
///
/// ``Uniprocessor`` provides them for one CPU.
public protocol Readers: Interruptible {
  /// Begins a stretch in which the caller reads tables that it did not lock.
  /// It does not sleep before it leaves. Shared; a full fence where
  /// ``readersHaveLeft()`` can return true.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func enterReadSection() throws(Interruption)

  /// Ends the stretch. Shared.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func leaveReadSection() throws(Interruption)

  /// Returns when every read section that had begun has ended. Shared; sleeps.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func awaitReaders() throws(Interruption)

  /// Whether every read section that had begun has ended. Shared; never sleeps.
  /// A platform that cannot know returns false: tables then wait for the
  /// worker.
  ///
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  func readersHaveLeft() throws(Interruption) -> Bool
}
