// SPDX-License-Identifier: Apache-2.0

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
  ) -> Batch<SpyKernel, KernelHalf> {
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
        batch.invalidated(by: machine.scheme.sharing).release()
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
  func anInvalidatedBatch() async {
    await #expect(processExitsWith: .failure) {
      DroppedTokenTests.withTable { machine, table in
        let batch = DroppedTokenTests.batch(machine, table)
        _ = batch.invalidated(by: machine.scheme.sharing)
      }
    }
  }

  @Test(.enabled(if: isOptimized))
  func aReleasableBatch() async {
    await #expect(processExitsWith: .failure) {
      DroppedTokenTests.withTable { machine, table in
        let (platform, head, _) =
          DroppedTokenTests.batch(machine, table).take()
        _ = ReleasableBatch(platform, head: head)
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
      let kinds = try Toolchain.run(
        "/bin/sh", [script, "kinds"], environment: place)
      #expect(kinds.status == 0, "\(kinds.output)")
      Self.expectEachKindIsNamed(in: kinds.output)
    }
  }

  /// What the linker names for each kind, in the order of ``DroppedToken``.
  static let symbols = [
    "a_ConstructedTable_is_dropped_link_it_or_free_it",
    "an_UnlinkedTables_is_dropped_retire_it",
    "a_Batch_is_dropped_invalidate_it",
    "an_InvalidatedBatch_is_dropped_release_it",
    "a_ReleasableBatch_is_dropped_release_it",
    "a_StaleRange_is_dropped_invalidate_it_until_it_is_empty",
    "a_ReservedFrames_is_dropped_giveBack_what_is_left",
    "a_Cursor_is_dropped_finish_it",
    "a_UserSpace_is_dropped_end_it",
    "a_DeviceBinding_is_dropped_unbind_it",
  ]

  /// Each function that drops a token lacks the symbol of its kind, no other,
  /// and the linker names the function.
  private static func expectEachKindIsNamed(in output: String) {
    let sections = output.split(separator: "\ndrop_")
    #expect(sections.count == symbols.count)
    #expect(
      Int(DroppedToken.deviceBinding.rawValue) + 1 == symbols.count)
    for (section, symbol) in zip(sections, symbols) {
      let lines = section.split(separator: "\n")
      let named = lines.compactMap {
        $0.split(separator: "undefined symbol: ").dropFirst().first
      }
      #expect(named == [symbol[...]], "\(section)")
      let function = lines[0].trimmingPrefix("drop_").dropLast()
      #expect(section.contains("(drop_\(function))"), "\(section)")
    }
  }
}
