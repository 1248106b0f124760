import CMachine

/// A function on PCI's first bus.
package struct PCIFunction {
  /// Device and function, as a request's source ID has them on bus 0.
  package let requester: UInt16

  /// The first function that says it is `device` of `vendor`.
  package static func find(vendor: UInt16, device: UInt16) -> Self? {
    let wanted = UInt32(device) &<< 16 | UInt32(vendor)
    for number in 0..<32 as Range<UInt16> {
      let function = Self(requester: number &<< 3)
      if function.load(0) == wanted { return function }
    }
    return nil
  }

  /// A word of its configuration.
  package func load(_ offset: UInt32) -> UInt32 {
    machine_pci_load(UInt32(requester), offset)
  }

  /// Writes a word of its configuration.
  package func store(_ value: UInt32, to offset: UInt32) {
    machine_pci_store(UInt32(requester), offset, value)
  }

  /// Where the first BAR, of memory, is: 32 or 64 bits.
  package var memory: UInt64 {
    let low = load(0x10)
    let high = low & 4 != 0 ? load(0x14) : 0
    return UInt64(high) &<< 32 | UInt64(low & ~15)
  }

  /// Puts the first BAR, of memory, where no firmware has put it.
  package func place(at address: UInt32) {
    let isWide = load(0x10) & 4 != 0
    store(address, to: 0x10)
    if isWide { store(0, to: 0x14) }
  }

  /// Lets it be accessed and, if it `isMaster`, access memory by itself.
  package func enable(isMaster: Bool) {
    store(load(4) & ~4 | 2 | (isMaster ? 4 : 0), to: 4)
  }

  /// Where a capability begins in the configuration; nil if there is none.
  package func capability(_ identifier: UInt32) -> UInt32? {
    var offset = load(0x34) & 0xfc
    while offset != 0 {
      let word = load(offset)
      if word & 0xff == identifier { return offset }
      offset = word &>> 8 & 0xfc
    }
    return nil
  }

  /// Signals by a message: a store of `data` to `address`.
  package func signal(by data: UInt32, at address: UInt32) {
    guard let offset = capability(5) else {
      Machine.panic("no message signalled interrupt", UInt64(requester))
    }
    let control = load(offset)
    let isWide = control & 1 << 23 != 0
    store(address, to: offset + 4)
    if isWide { store(0, to: offset + 8) }
    store(data, to: offset + (isWide ? 12 : 8))
    store(control | 1 << 16, to: offset)
  }
}
