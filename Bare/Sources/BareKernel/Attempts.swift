package import Fallow

/// Whether an operation on an address space succeeds.
@inline(__always)
package func succeeds(
  _ operation: @autoclosure () throws(MapError) -> Void
) -> Bool {
  do throws(MapError) { try operation() } catch { return false }
  return true
}

/// Runs an operation that must succeed, or stops the machine.
@inline(__always)
package func require(_ operation: @autoclosure () throws(MapError) -> Void) {
  do throws(MapError) { try operation() } catch {
    Machine.panic("an operation failed at", error.address.rawValue)
  }
}
