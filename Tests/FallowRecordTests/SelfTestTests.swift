// SPDX-License-Identifier: Apache-2.0

import FallowRecordSystem
import Testing

@testable import FallowRecord

@Suite struct SelfTestTests {
  private static func event(
    memory: UInt64, descriptors: UInt64
  ) -> fallow_event {
    var event = fallow_event()
    event.kind = FALLOW_SELF_TEST.rawValue
    event.stack.0 = memory
    event.stack.2 = descriptors
    return event
  }

  @Test(arguments: [0x123_4063, 0x120_00E3, 0x120_10E3, 0xE3] as [UInt64])
  func aLeafThatMapsTheAddressPasses(memory: UInt64) throws {
    try SelfTest.judge(Self.event(memory: memory, descriptors: 0x63))
  }

  @Test(arguments: [0, 0x123_4062, 0x123_5063, 0x120_0063] as [UInt64])
  func anotherEntryFails(memory: UInt64) {
    #expect(throws: RecordError.self) {
      try SelfTest.judge(Self.event(memory: memory, descriptors: 0x63))
    }
  }

  @Test func aDescriptorWithoutMemoryFails() {
    #expect(throws: RecordError.self) {
      try SelfTest.judge(Self.event(memory: 0x123_4063, descriptors: 0))
    }
  }

  @Test func aProbeThatDoesNotFireFails() {
    #expect(throws: RecordError.self) { try SelfTest.judge(nil) }
  }
}
