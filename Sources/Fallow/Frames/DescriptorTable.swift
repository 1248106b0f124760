// SPDX-License-Identifier: Apache-2.0

public import Synchronization

/// The descriptors of a run of frames, in memory: four words each.
///
/// It is a view: its maker keeps the memory alive.
@frozen
@safe
public struct DescriptorTable: BitwiseCopyable, @unchecked Sendable {
  /// The bytes of one descriptor.
  @inlinable
  public static var descriptorSize: Int { 32 }

  /// The first frame that has a descriptor here.
  public let firstFrame: FrameNumber

  /// How many frames have one.
  public let frameCount: Int

  /// Where the descriptor of frame 0 is, or would be.
  @usableFromInline
  let origin: UInt

  /// The descriptors at `memory`, which is zero at first.
  ///
  /// - Parameters:
  ///   - memory: The memory of the descriptors.
  ///   - firstFrame: The first frame that has a descriptor here.
  ///   - frameCount: The number of frames.
  /// - Precondition: `memory` is aligned to 8 bytes and holds `frameCount`
  ///   descriptors of ``descriptorSize`` bytes.
  @inlinable
  @unsafe
  public init(
    at memory: UnsafeMutableRawPointer, firstFrame: FrameNumber,
    frameCount: Int
  ) {
    origin =
      UInt(bitPattern: memory) &- Self.offset(of: firstFrame)
    self.firstFrame = firstFrame
    self.frameCount = frameCount
  }

  /// No descriptors.
  @inlinable
  package init() {
    origin = 0
    firstFrame = FrameNumber(0)
    frameCount = 0
  }

  /// Whether `frame` has a descriptor here.
  ///
  /// - Parameter frame: A frame.
  @inlinable
  public func contains(_ frame: FrameNumber) -> Bool {
    frame.rawValue &- firstFrame.rawValue
      < UInt64(truncatingIfNeeded: frameCount)
  }

  @inlinable
  func word(
    _ field: DescriptorField, of frame: FrameNumber
  ) -> UnsafeMutablePointer<Atomic<UInt64>> {
    unsafe UnsafeMutablePointer(
      bitPattern: origin &+ Self.offset(of: frame)
        &+ UInt(truncatingIfNeeded: field.rawValue) &* 8
    ).unsafelyUnwrapped
  }

  /// How many bytes after that of frame 0 a frame's descriptor is.
  @inlinable
  static func offset(of frame: FrameNumber) -> UInt {
    UInt(truncatingIfNeeded: frame.rawValue)
      &* UInt(truncatingIfNeeded: descriptorSize)
  }

  /// A word of a descriptor; `entryCount` is acquired.
  ///
  /// The others are their owner's: whatever made him the owner, a lock or the
  /// exchange that took a list, has ordered them.
  ///
  /// - Parameters:
  ///   - field: The word.
  ///   - frame: The frame.
  /// - Precondition: ``contains(_:)`` is true of `frame`, here and below.
  @inlinable
  @inline(__always)
  public func load(_ field: DescriptorField, of frame: FrameNumber) -> UInt64 {
    field == .entryCount
      ? unsafe word(field, of: frame).pointee.load(ordering: .acquiring)
      : unsafe word(field, of: frame).pointee.load(ordering: .relaxed)
  }

  /// Writes a word of a descriptor; `entryCount` is released.
  ///
  /// - Parameters:
  ///   - value: The new word.
  ///   - field: The word.
  ///   - frame: The frame.
  @inlinable
  @inline(__always)
  public func store(
    _ value: UInt64, to field: DescriptorField, of frame: FrameNumber
  ) {
    if field == .entryCount {
      unsafe word(field, of: frame).pointee.store(value, ordering: .releasing)
    } else {
      unsafe word(field, of: frame).pointee.store(value, ordering: .relaxed)
    }
  }

  /// Writes `desired` if the word is `expected`; returns what it was.
  ///
  /// A full fence if it writes; it acquires if not.
  ///
  /// - Parameters:
  ///   - field: The word.
  ///   - frame: The frame.
  ///   - expected: What the word must be for the write to happen.
  ///   - desired: The new word.
  /// - Returns: The word before the call; equal to `expected` if it was
  ///   written.
  @inlinable
  public func compareExchange(
    _ field: DescriptorField, of frame: FrameNumber,
    expected: UInt64, desired: UInt64
  ) -> UInt64 {
    unsafe word(field, of: frame).compareExchangeFenced(
      expected: expected, desired: desired)
  }

  /// Adds to a word and returns the sum: a full fence.
  ///
  /// - Parameters:
  ///   - delta: What is added; negative to subtract.
  ///   - field: The word.
  ///   - frame: The frame.
  /// - Returns: The sum.
  @inlinable
  public func add(
    _ delta: Int64, to field: DescriptorField, of frame: FrameNumber
  ) -> UInt64 {
    unsafe word(field, of: frame).addFenced(delta)
  }
}
