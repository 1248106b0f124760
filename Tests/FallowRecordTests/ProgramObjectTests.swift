// SPDX-License-Identifier: Apache-2.0

import FallowRecordSystem
import Testing

@testable import FallowRecord

@Suite struct ProgramObjectTests {
  private static let maps: [String: Int32] = [
    "ring": 3, "settings": 4, "tables": 5, "hints": 6, "collapsed": 7,
    "scratch": 8, "recent": 9,
  ]

  @Test func everyProgramHasItsMaps() throws {
    let object = try ProgramObject()
    #expect(object.license == "Dual BSD/GPL")
    for (name, program) in object.programs {
      let instructions = try object.instructions(of: name, maps: Self.maps)
      #expect(instructions.count == program.instructions.count)
      #expect(!program.maps.isEmpty)
      for (index, map) in program.maps {
        #expect(instructions[index] & 0xFF == 0x18, "\(name): not a load")
        #expect(instructions[index] >> 12 & 0xF == 1)
        #expect(instructions[index] >> 32 == UInt64(Self.maps[map] ?? 0))
      }
    }
  }

  @Test func aProgramOrAMapThatIsMissingIsNamed() throws {
    let object = try ProgramObject()
    #expect(
      throws: RecordError.damagedPrograms(reason: "no program for nothing")
    ) { try object.instructions(of: "nothing", maps: Self.maps) }
    #expect(throws: RecordError.self) {
      try object.instructions(of: "free", maps: [:])
    }
  }

  @Test(arguments: UInt64(1)...200)
  func aDamagedObjectCrashesNothing(seed: UInt64) {
    let count = Int(fallow_programs_size())
    var bytes = unsafe Array(
      UnsafeBufferPointer(start: fallow_programs(), count: count))
    var state = seed
    for _ in 0..<20 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // The header and the table of sections, at the end, decide most.
      let place = Int(state >> 33) % 2048
      let index = state & 1 == 0 ? place % 64 : count - 1 - place
      bytes[index] = UInt8(truncatingIfNeeded: state >> 24)
    }
    _ = try? ProgramObject(bytes)
    _ = try? ProgramObject(Array(bytes.prefix(Int(seed) * 100)))
  }

  @Test(.enabled(if: Self.canLoad))
  func theKernelAcceptsEveryProgram() throws {
    let programs = try LoadedPrograms(ringSize: 1 << 16)
    for name in try ProgramObject().programs.keys.sorted() {
      _ = try programs.load(name)
    }
  }

  /// Whether this process may load programs: as root, on Linux.
  private static var canLoad: Bool {
    let map = unsafe fallow_map_create(2, 4, 4, 1, "fallow_probe")
    guard map >= 0 else { return false }
    _ = Descriptor(owning: map)
    return true
  }
}
