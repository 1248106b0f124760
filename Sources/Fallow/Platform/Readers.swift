/// Read sections: stretches in which a CPU reads tables that it did not lock.
///
/// ``Uniprocessor`` provides them for one CPU.
public protocol Readers: Interruptible {
  /// Begins a stretch in which the caller reads tables that it did not lock.
  /// It does not sleep before it leaves. Shared; a full fence where
  /// ``readersHaveLeft()`` can tell.
  func enterReadSection() throws(Interruption)

  /// Ends the stretch. Shared.
  func leaveReadSection() throws(Interruption)

  /// Returns when every read section that had begun has ended. Shared; sleeps.
  func awaitReaders() throws(Interruption)

  /// Whether every read section that had begun has ended. Shared; never
  /// sleeps. A platform that cannot tell says false: tables then wait for the
  /// worker.
  func readersHaveLeft() throws(Interruption) -> Bool
}
