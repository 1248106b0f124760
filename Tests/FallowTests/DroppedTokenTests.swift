import Foundation
import Testing

@testable import Fallow

/// A token that still holds a table and is forgotten: hosted it traps, in an
/// Embedded release build it does not link.
@Suite struct DroppedTokenTests {
  /// Runs `body` with a constructed table.
  static func withTable(
    _ body: (
      HostedMachine, consuming ConstructedTable<SpyKernel, KernelHalf>
    ) -> Void
  ) {
    HostedMachine.run(frames: 64) { machine in
      guard
        let table = ConstructedTable<SpyKernel, KernelHalf>.make(
          on: machine.spy, level: 1, entries: 512)
      else { return }
      body(machine, table)
    }
  }

  static func batch(
    _ machine: HostedMachine,
    _ table: consuming ConstructedTable<SpyKernel, KernelHalf>
  ) -> Batch<SpyKernel> {
    machine.scheme.destruct(table.unlinked())
  }

  /// Swift 6.3.1 without optimization does not run the deinit of a generic
  /// token of another module.
  static var isOptimized: Bool {
    var isOptimized = true
    assert(
      {
        isOptimized = false
        return true
      }())
    return isOptimized
  }

  /// The way that drops nothing ends well, so the traps below say something.
  @Test func nothingDroppedNothingTraps() async {
    await #expect(processExitsWith: .success) {
      DroppedTokenTests.withTable { machine, table in
        let batch = DroppedTokenTests.batch(machine, table)
        switch batch.invalidated(by: machine.scheme.sharing) {
        case .releasable(let releasable): releasable.release()
        case .parked(let parked): parked.park()
        }
      }
    }
  }

  @Test(.enabled(if: isOptimized))
  func aConstructedTable() async {
    await #expect(processExitsWith: .failure) {
      DroppedTokenTests.withTable { _, table in _ = consume table }
    }
  }

  @Test(.enabled(if: isOptimized))
  func unlinkedTables() async {
    await #expect(processExitsWith: .failure) {
      DroppedTokenTests.withTable { _, table in _ = table.unlinked() }
    }
  }

  @Test(.enabled(if: isOptimized))
  func aBatch() async {
    await #expect(processExitsWith: .failure) {
      DroppedTokenTests.withTable { machine, table in
        _ = DroppedTokenTests.batch(machine, table)
      }
    }
  }

  @Test(.enabled(if: isOptimized))
  func aReleasableBatch() async {
    await #expect(processExitsWith: .failure) {
      DroppedTokenTests.withTable { machine, table in
        let batch = DroppedTokenTests.batch(machine, table)
        _ = batch.invalidated(by: machine.scheme.sharing)
      }
    }
  }

  @Test(.enabled(if: isOptimized))
  func aParkedBatch() async {
    await #expect(processExitsWith: .failure) {
      DroppedTokenTests.withTable { machine, table in
        let (platform, head, tail) =
          DroppedTokenTests.batch(machine, table).take()
        _ = ParkedBatch(platform, head: head, tail: tail)
      }
    }
  }

  /// A correct client links; one that forgets a token in one branch does not,
  /// and the linker names what it lacks.
  @Test(.enabled(if: Toolchain.hasEmbedded))
  func anEmbeddedClientThatDropsDoesNotLink() throws {
    try Toolchain.withTemporaryFolder { folder in
      let script = Toolchain.package.appending(path: "Scripts/embedded.sh").path
      let place = ["FALLOW_EMBEDDED_OUT": folder.path]
      let good = try Toolchain.run("/bin/sh", [script], environment: place)
      #expect(good.status == 0, "\(good.output)")
      let bad = try Toolchain.run(
        "/bin/sh", [script, "drops"], environment: place)
      #expect(bad.status != 0)
      #expect(
        bad.output.contains("undefined symbol: a_fallow_token_was_dropped"))
    }
  }
}
