// SPDX-License-Identifier: Apache-2.0

public import Synchronization

/// Where a kernel sees what the library works on: physical memory, the
/// descriptors of its frames, and the kernel's own words.
///
/// It is a view: its maker keeps the memory alive and mapped. Every
/// access to what another CPU or a walker may see is atomic.
@frozen
@safe
public struct DirectMap: BitwiseCopyable, @unchecked Sendable {
  /// The first physical address that is seen.
  public let firstAddress: PhysicalAddress

  /// The descriptors of the frames.
  public let descriptors: DescriptorTable

  @usableFromInline
  let memory: UnsafeMutableRawPointer

  @usableFromInline
  let words: UnsafeMutablePointer<Atomic<UInt64>>

  /// A view of the physical memory from `firstAddress` on, which is mapped at
  /// `memory` in one piece.
  ///
  /// - Parameters:
  ///   - memory: Where the first byte is mapped.
  ///   - firstAddress: The physical address of that byte.
  ///   - descriptors: The descriptors of the frames.
  ///   - words: The kernel's own words.
  /// - Precondition: `memory` is aligned to a frame, `words` to 8 bytes, and
  ///   `words` holds `KernelWord.count(cpus:)` words that are zero at first.
  @inlinable
  @unsafe
  public init(
    memory: UnsafeMutableRawPointer, firstAddress: PhysicalAddress,
    descriptors: DescriptorTable, words: UnsafeMutableRawPointer
  ) {
    unsafe self.memory = memory
    self.firstAddress = firstAddress
    self.descriptors = descriptors
    unsafe self.words = words.assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// Where the byte at a physical address is mapped.
  ///
  /// - Parameter address: The physical address.
  /// - Precondition: The address is part of the view.
  @inlinable
  public func pointer(
    to address: PhysicalAddress
  ) -> UnsafeMutableRawPointer {
    let offset = address.rawValue &- firstAddress.rawValue
    return unsafe memory + Int(truncatingIfNeeded: offset)
  }

  @inlinable
  func entry(
    _ address: PhysicalAddress
  ) -> UnsafeMutablePointer<Atomic<UInt64>> {
    unsafe pointer(to: address).assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  @inlinable
  func word(_ word: KernelWord) -> UnsafeMutablePointer<Atomic<UInt64>> {
    unsafe words + word.index
  }

  /// Where `cpu` keeps its part of a count, among its own words.
  @inlinable
  func part(
    of word: KernelWord, cpu: Int
  ) -> UnsafeMutablePointer<Atomic<UInt64>> {
    unsafe words + (KernelWord.retired(by: cpu).index &+ word.index)
  }
}
