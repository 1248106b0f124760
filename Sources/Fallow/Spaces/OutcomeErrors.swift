// The refusals of the stepping core as the errors that a kernel catches.

extension MapOutcome {
  /// The error, if there is one; of an operation on addresses from `start` on.
  @inlinable
  @inline(__always)
  func error(at start: VirtualAddress) -> MapError? {
    switch self {
    case .mapped: nil
    case .occupied(let address): MapError(.occupied, at: address)
    case .outOfFrames(let address): MapError(.outOfFrames, at: address)
    case .inexpressible(let attributes):
      MapError(.unsupportedAttributes, at: start, attributes: attributes)
    }
  }
}

extension UnmapOutcome {
  /// The error, if there is one.
  @inlinable
  @inline(__always)
  var error: MapError? {
    switch self {
    case .unmapped: nil
    case .partialLeaf(let address): MapError(.partialLeaf, at: address)
    }
  }
}

extension ReshapeOutcome {
  /// The error, if there is one; of a change of the entry of `level` at
  /// `address`.
  @inlinable
  func error(at address: VirtualAddress, level: Int) -> MapError? {
    switch self {
    case .done: nil
    case .notApplicable: MapError(.notMapped, at: address, level: level)
    case .outOfFrames: MapError(.outOfFrames, at: address, level: level)
    case .demandsBreak:
      MapError(.requiresBreakBeforeMake, at: address, level: level)
    }
  }
}

extension AddressSpace {
  /// The error for a range that is not made of whole pages of this half.
  @inlinable
  func invalid(_ range: VirtualRange) -> MapError? {
    let half = Self.addresses
    let isInside =
      range.size <= half.size
      && range.start.rawValue &- half.start.rawValue
        <= half.size &- range.size
    let isWhole =
      (range.start.rawValue | range.size) & (FrameNumber.size &- 1) == 0
    return isInside && isWhole
      ? nil : MapError(.invalidAddress, at: range.start)
  }
}
