// SPDX-License-Identifier: Apache-2.0

import FallowMachine
import FallowSchemes
import Foundation
import Synchronization
import Testing

@testable import FallowExplorer

/// A search that was stopped and continued is the search that was not stopped.
@Suite struct CheckpointTests {
  /// A file that goes with the test.
  private final class File: Sendable {
    let path = NSTemporaryDirectory() + "fallow-\(UUID().uuidString)"

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private final class Count: Sendable {
    let value = Atomic<Int>(0)
  }

  private func run(
    _ file: File?, slots: Int = 2, identity: String = "this",
    continues: Bool = false, threads: Int = 1, stoppedAt stop: Int = .max
  ) -> Outcome {
    var options = SearchOptions()
    options.livenessLimit = 0
    options.threads = threads
    if let file {
      var checkpoint = CheckpointOptions(
        path: file.path, identity: ["name": identity, "seed": "1"])
      checkpoint.continues = continues
      checkpoint.interval = 0
      options.checkpoint = checkpoint
      let count = Count()
      options.isStopped = {
        count.value.wrappingAdd(1, ordering: .relaxed).oldValue >= stop
      }
    }
    return Check.run(
      .mapUnmap(Catalogue.bounds(cpus: 1, slots: slots)), scheme: .fallow,
      options: options)
  }

  private func counts(_ outcome: Outcome) -> [String] {
    [
      "\(outcome.verdict)", "\(outcome.states)", "\(outcome.transitions)",
      "\(outcome.renamings)", "\(outcome.checks)", "\(outcome.diameter)",
      "\(outcome.happened.map(\.text).sorted())", "\(outcome.missing)",
      "\(outcome.neverBegun)",
    ] + outcome.coverage.map { "\($0)" }
  }

  @Test func aSearchGoesOnFromWhereItWasStopped() throws {
    let whole = run(nil)
    var numbers = RandomNumbers(seed: 20, stream: 1)
    for round in 0..<10 {
      let file = File()
      let first = Int(numbers.next(below: 70))
      let stopped = run(file, stoppedAt: first)
      #expect(stopped.verdict == .incomplete && stopped.isStopped)
      let second = Int(numbers.next(below: 30))
      _ = run(file, continues: true, threads: 2, stoppedAt: second)
      let last = run(file, continues: true, threads: 1 + round % 3)
      #expect(
        counts(last) == counts(whole),
        "seed 20: stopped after \(first) and \(second)")
    }
  }

  /// What is in the file when the process ends without a warning.
  @Test func aSearchGoesOnFromWhereItWasKept() {
    let file = File()
    let whole = run(file)
    #expect(counts(whole) == counts(run(nil)))
    #expect(counts(run(file, continues: true)) == counts(whole))
  }

  private func refusal(_ file: File, identity: String = "this") -> String? {
    let outcome = run(file, identity: identity, continues: true)
    return outcome.verdict == .refused ? outcome.obstruction : nil
  }

  @Test func aFileOfAnotherSearchIsRefused() throws {
    let file = File()
    _ = run(file, stoppedAt: 5)
    let reason = try #require(refusal(file, identity: "that"))
    #expect(reason.hasSuffix("name is this there, and that here"))
    #expect(try #require(refusal(File())).contains("cannot read"))
  }

  @Test func aDamagedFileIsRefused() throws {
    let file = File()
    _ = run(file, stoppedAt: 20)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
    var numbers = RandomNumbers(seed: 20, stream: 2)
    for _ in 0..<20 {
      var damaged = bytes
      let place = Int(numbers.next(below: UInt64(bytes.count)))
      damaged[place] ^= 1 << UInt8(numbers.next(below: 8))
      try damaged.write(to: URL(fileURLWithPath: file.path))
      #expect(refusal(file) != nil, "seed 20: byte \(place)")
      try bytes.prefix(place).write(to: URL(fileURLWithPath: file.path))
      #expect(refusal(file) != nil, "seed 20: the first \(place) bytes")
    }
    try (bytes + [0]).write(to: URL(fileURLWithPath: file.path))
    #expect(refusal(file) != nil)
  }

  @Test func aFileThatCannotBeWrittenIsNamed() {
    var options = SearchOptions()
    var checkpoint = CheckpointOptions(path: "/no/such/file", identity: [:])
    checkpoint.interval = 0
    options.checkpoint = checkpoint
    let outcome = Check.run(
      .mapUnmap(Bounds()), scheme: .fallow, options: options)
    #expect(outcome.verdict == .safe)
    #expect(outcome.checkpointFailure?.hasPrefix("/no/such/file: ") == true)
  }
}
