// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowRecord

@Suite struct KernelSymbolsTests {
  private static let text = """
    ffffffff81000000 T _stext
    ffffffff81000100 t cpa_flush
    ffffffff81000100 D cpa_flush_data
    ffffffff81000200 t free_pagetable.constprop.0
    ffffffff81000300 t free_pagetable.cold
    ffffffff81000400 t free_pagetable_more
    ffffffffc0000000 t tun_init\t[tun]

    """

  private static func symbols() throws -> KernelSymbols {
    try KernelSymbols(Array(text.utf8))
  }

  @Test func aNameHasItsAddress() throws {
    let symbols = try Self.symbols()
    #expect(symbols.address(of: "cpa_flush") == 0xFFFF_FFFF_8100_0100)
    #expect(symbols.address(of: "tun_init") == 0xFFFF_FFFF_C000_0000)
    #expect(symbols.address(of: "cpa") == nil)
  }

  @Test func copiesOfAFunctionAreFoundAndColdPartsAreNot() throws {
    let symbols = try Self.symbols()
    #expect(symbols.functions("free_pagetable") == [0xFFFF_FFFF_8100_0200])
  }

  @Test func anAddressHasItsPlace() throws {
    let symbols = try Self.symbols()
    #expect(symbols.place(of: 0xFFFF_FFFF_8100_011C) == "cpa_flush+0x1c")
    #expect(symbols.place(of: 0x10) == "0x10")
    let function = symbols.function(at: 0xFFFF_FFFF_8100_01FF)
    #expect(function?.range.upperBound == 0xFFFF_FFFF_8100_0200)
  }

  @Test(arguments: ["", "0000000000000000 T _stext\n", "nonsense\n", "1 t\n"])
  func hiddenAddressesAreNamed(text: String) {
    #expect(throws: RecordError.hiddenAddresses) {
      try KernelSymbols(Array(text.utf8))
    }
  }
}
