// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

@testable import FallowTrace

/// The parts that a replay is made of.
@Suite struct ReplayPartsTests {
  /// Linux's rule for leaves: as large as alignment, rest and shift allow.
  @Test func leavesAreAsLargeAsLinuxMakesThem() {
    func levels(
      _ start: UInt64, _ size: UInt64, phys: UInt64, shift: Int
    ) -> [Int] {
      LeafPieces(start: start, end: start + size, phys: phys, shift: shift)
        .map(\.level)
    }
    #expect(levels(0, 1 << 30, phys: 1 << 30, shift: 30) == [3])
    #expect(levels(0, 1 << 30, phys: 1 << 21, shift: 30).allSatisfy { $0 == 2 })
    #expect(levels(0, 1 << 30, phys: 0, shift: 21).count == 512)
    #expect(levels(0, 1 << 22, phys: 4096, shift: 30) == [1])
    #expect(levels(4096, 1 << 22, phys: 4096, shift: 30) == [1, 2, 1])
    #expect(levels(0, (1 << 21) + 4096, phys: 0, shift: 30) == [2, 1])
  }

  /// Pieces cover the range without hole or overlap, whatever the numbers.
  @Test func piecesCoverTheRange() {
    var numbers = RandomNumbers(seed: 1, stream: 1)
    for _ in 0..<500 {
      let start = numbers.next(below: 1 << 20) << 12
      let size = (1 + numbers.next(below: 1 << 10)) << 12
      let phys = numbers.next(below: 1 << 12) << 12
      var next = start
      for piece in LeafPieces(
        start: start, end: start + size, phys: phys, shift: 30)
      {
        #expect(piece.range.start.rawValue == next)
        #expect(piece.offset == next - start)
        next += piece.range.size
      }
      #expect(next == start + size)
    }
  }

  @Test func areasAreFoundByAddressAndOverlap() {
    var areas = MappedAreas()
    func range(_ start: UInt64, _ size: UInt64) -> VirtualRange {
      VirtualRange(start: VirtualAddress(start), size: size)
    }
    for start in [30, 10, 20] as [UInt64] {
      areas.insert(
        .init(
          range: range(start << 12, 4096), data: FrameNumber(start),
          mapped: nil))
    }
    #expect(
      areas.area(at: VirtualAddress(20 << 12 + 4095))?.data == FrameNumber(20))
    #expect(areas.area(at: VirtualAddress(21 << 12)) == nil)
    let removed = areas.remove(overlapping: range(20 << 12, 100 << 12))
    #expect(removed.map(\.data.rawValue) == [20, 30])
    #expect(
      areas.remove(overlapping: range(10 << 12 + 4095, 1)).count == 1)
    #expect(areas.area(at: VirtualAddress(10 << 12)) == nil)
  }

  @Test func theDirectMapIsFoundFromWhatWasPlugged() throws {
    let recording = try Replayed.recording(.hotplug)
    #expect(DirectMapBase(of: recording).address == 0xffff_8c1c_4000_0000)
    let other = try Replayed.recording(.churn)
    #expect(DirectMapBase(of: other).address == nil)
  }

  @Test func namesFollowATaskThroughItsPrograms() throws {
    let recording = try Recording(
      TraceReader(
        text: """
          # tracer: nop
                 bash-7     [000] .....     1.000000: kpt_work: (k+0x0/0x1)
               insmod-7     [000] .....     2.000000: kpt_work: (k+0x0/0x1)
               insmod-8     [000] .....     3.000000: kpt_work: (k+0x0/0x1)

          """))
    #expect(recording.tasks.name(of: 7, at: 999_999_999) == nil)
    #expect(recording.tasks.name(of: 7, at: 1_500_000_000) == "bash")
    #expect(recording.tasks.name(of: 7, at: 2_500_000_000) == "insmod")
    #expect(recording.tasks.name(of: 8, at: 3_000_000_000) == "insmod")
  }
}
