import Fallow

/// How operations end, as in fallow.h.
enum Outcome {
  static var done: Int32 { 0 }
  static var occupied: Int32 { 1 }
  static var outOfFrames: Int32 { 2 }
  static var partialLeaf: Int32 { 3 }
  static var inexpressible: Int32 { 4 }
  static var invalid: Int32 { 5 }
  static var inUse: Int32 { 6 }

  /// The number of an error, or of none; `stopped` is where, or for
  /// ``inexpressible`` which attributes.
  static func of(
    _ error: MapError?, _ stopped: UnsafeMutablePointer<UInt64>
  ) -> Int32 {
    guard let error else { return done }
    unsafe stopped.pointee = error.address.rawValue
    switch error.kind {
    case .occupied: return occupied
    case .outOfFrames: return outOfFrames
    case .partialLeaf: return partialLeaf
    case .unsupportedAttributes:
      unsafe stopped.pointee = UInt64(error.attributes.rawValue)
      return inexpressible
    case .notMapped, .requiresBreakBeforeMake, .invalidAddress, .invalidLevel,
      .notCollapsible, .unsupportedEntry, .bound:
      return invalid
    }
  }
}
