// SPDX-License-Identifier: Apache-2.0

import Fallow
import Testing

struct MapErrorTests {
  @Test func anErrorPrintsItsReasonAddressAndLevelInHexadecimal() {
    let error = MapError(
      .partialLeaf, at: VirtualAddress(0xffff_9000_0020_0000), level: 2)
    #expect(
      error.description
        == "a larger leaf reaches out of the range at "
        + "0xffff900000200000, level 2")
  }

  @Test func anErrorNamesTheUnsupportedAttributes() {
    let error = MapError(
      .unsupportedAttributes, at: VirtualAddress(0),
      attributes: LeafAttributes(rawValue: 0x1a0))
    #expect(
      error.description
        == "the attributes cannot be expressed at 0x0, level 1, "
        + "attributes 0x1a0")
  }

  @Test func anErrorFitsTwoRegisters() {
    #expect(MemoryLayout<MapError>.size <= 16)
  }
}
