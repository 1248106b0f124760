import Fallow

// What the functions of fallow.h do that exist for either half.

typealias CHalf<Half: AddressHalf> = AddressSpace<CFormat, CScheme, Half>

extension LeafAttributes {
  /// The attributes that C handed in; what no attribute has a bit for is refused
  /// with the highest.
  init(ofC attributes: UInt32) {
    let unknown: UInt16 = attributes >> 16 == 0 ? 0 : 1 << 15
    self.init(rawValue: UInt16(truncatingIfNeeded: attributes) | unknown)
  }
}

func protect<Half>(
  _ space: CHalf<Half>, _ range: VirtualRange, _ attributes: UInt32,
  _ revoked: inout LeafAttributes, _ stopped: UnsafeMutablePointer<UInt64>
) -> Int32 {
  let attributes = LeafAttributes(ofC: attributes)
  let error = space.protect(
    range, setting: attributes,
    clearing: LeafAttributes.all.subtracting(.walkerWritten),
    revoked: &revoked)
  return unsafe Outcome.of(error, stopped)
}

/// Fills in a `struct fallow_translation`; false if there is none.
func translate<Half>(
  _ space: CHalf<Half>, _ address: UInt64,
  _ translation: UnsafeMutableRawPointer
) -> Bool {
  guard let found = space.translate(VirtualAddress(address)) else {
    return false
  }
  // Its members, in their order.
  unsafe translation.storeBytes(of: found.address.rawValue, as: UInt64.self)
  unsafe translation.storeBytes(
    of: UInt32(found.attributes.rawValue), toByteOffset: 8, as: UInt32.self)
  unsafe translation.storeBytes(
    of: UInt32(found.level), toByteOffset: 12, as: UInt32.self)
  return true
}
