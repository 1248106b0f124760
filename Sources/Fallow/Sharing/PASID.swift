/// A process address space ID: the number under which a device reaches an
/// address space.
@frozen
public struct PASID: Hashable, BitwiseCopyable, Sendable {
  /// The number, of 20 bits.
  public var rawValue: UInt32

  /// The address space ID `rawValue`.
  @inlinable
  public init(_ rawValue: UInt32) {
    self.rawValue = rawValue
  }
}
