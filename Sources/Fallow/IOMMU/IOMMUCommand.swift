/// A command of an IOMMU, in the language of its maker, and the registers of
/// the queue that it goes through.
@usableFromInline
protocol IOMMUCommand: BitwiseCopyable, Sendable {
  /// How long a command is, in bytes: a power of two.
  static var size: UInt64 { get }

  /// The first word.
  var low: UInt64 { get }

  /// The second word; those after it are zero.
  var high: UInt64 { get }

  /// The IOMMU writes `ticket` to `address` when all commands before are
  /// completed.
  static func wait(writing ticket: UInt32, to address: PhysicalAddress) -> Self

  /// A command that changes nothing but, perhaps, the word at `scratch`.
  static func nothing(scratch: PhysicalAddress) -> Self

  // MARK: The queue's registers

  /// What is fetched next.
  static func head(of iommu: Int) -> IOMMURegister

  /// Where the next command goes; the doorbell.
  static func tail(of iommu: Int) -> IOMMURegister

  /// How many bytes head and tail count as one, as a power of two.
  static var unit: UInt64 { get }

  /// Where errors are reported; each bit is cleared by writing it as 1.
  static func errors(of iommu: Int) -> IOMMURegister

  /// The bits that concern the queue: it stands still until they are cleared.
  static var errorBits: UInt64 { get }

  /// The one of them that says that the command at the head is not valid.
  static var invalidCommand: UInt64 { get }

  /// What is written with the errors that are cleared.
  static var lastingBits: UInt64 { get }
}
