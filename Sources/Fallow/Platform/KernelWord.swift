/// A word of memory that belongs to the kernel as a whole: a list head or a
/// counter.
///
/// A platform keeps ``count(cpus:)`` of them, all zero at first.
@frozen
public struct KernelWord: Hashable, BitwiseCopyable, Sendable {
  /// The place of the word among the kernel's words.
  public var index: Int

  /// The word at `index`.
  @inlinable
  public init(index: Int) {
    self.index = index
  }

  /// How many words a machine with that many CPUs needs: 128 for all, and 128
  /// for each CPU, on cache lines of its own.
  @inlinable
  public static func count(cpus: Int) -> Int { 128 &+ 128 &* cpus }

  /// The first table of the parked batches.
  @inlinable
  public static var parked: Self { Self(index: 0) }

  /// The root of the first address space that devices share.
  @inlinable
  public static var sharedSpaces: Self { Self(index: 1) }

  /// A list head for a scheme that is not the library's own.
  @inlinable
  public static var foreignList: Self { Self(index: 2) }

  /// How many tables went from one state to another, by the states' numbers;
  /// from a state to itself: how many were constructed in it.
  ///
  /// - Precondition: Both numbers are from 0 to 7.
  @inlinable
  public static func moves(from old: Int, to new: Int) -> Self {
    Self(index: 64 &+ 8 &* old &+ new)
  }

  /// The first table that `cpu` retired and no worker has taken.
  @inlinable
  public static func retired(by cpu: Int) -> Self {
    Self(index: 128 &+ 128 &* cpu)
  }

  /// The part of a count that `cpu` keeps, where CPUs count apart.
  @inlinable
  func part(of cpu: Int) -> Self { Self(index: index &+ 128 &+ 128 &* cpu) }
}
