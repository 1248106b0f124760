// SPDX-License-Identifier: Apache-2.0

import BenchSupport
import Fallow
import Glibc
import Synchronization

/// The memory that stands for a machine's: frames, their descriptors, and the
/// kernel's words.
///
/// The bases and the frames' numbers are constants, as they are in a kernel
/// whose direct map does not move.
enum Arena {
  static let frameCount = 32_768
  /// How many are for the measured spaces; the others are the tables of the
  /// space that is shared.
  static var freeFrameCount: Int { frameCount - 300 }
  static var firstFrame: FrameNumber { FrameNumber(0x100) }

  /// How many frames were handed out and not given back.
  nonisolated(unsafe) static var framesInUse = 0
  static var memory: UInt { 0x40_0000_0000 }
  static var descriptors: UInt { 0x50_0000_0000 }
  static var words: UInt { 0x60_0000_0000 }
  /// Where the memory is, in a variable.
  nonisolated(unsafe) static var bootBase = memory
  /// The head of the list of free frames, and how many were never used.
  nonisolated(unsafe) static var freeHead: UInt64 = .max
  nonisolated(unsafe) static var neverUsed = 0
  /// How many of the shared space's frames are used.
  nonisolated(unsafe) static var sharedInUse = 0

  @inline(__always)
  static var descriptorTable: DescriptorTable {
    unsafe DescriptorTable(
      at: pointer(descriptors), firstFrame: firstFrame, frameCount: frameCount)
  }

  @inline(__always)
  static var directMap: DirectMap {
    unsafe DirectMap(
      memory: pointer(memory), firstAddress: firstFrame.address,
      descriptors: descriptorTable, words: pointer(words))
  }

  /// The same memory, seen from a base that the compiler does not know.
  @inline(__always)
  static func directMap(at base: UInt) -> DirectMap {
    unsafe DirectMap(
      memory: pointer(base), firstAddress: firstFrame.address,
      descriptors: DescriptorTable(
        at: pointer(base &+ (descriptors &- memory)), firstFrame: firstFrame,
        frameCount: frameCount),
      words: pointer(base &+ (words &- memory)))
  }

  @inline(__always)
  private static func pointer(_ base: UInt) -> UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer(bitPattern: base).unsafelyUnwrapped
  }

  /// Maps the memory, once.
  static func start() {
    map(frameCount << 12, at: memory)
    map(frameCount * DescriptorTable.descriptorSize, at: descriptors)
    map(1 << 12, at: words)
  }

  /// Makes everything as it was at the start; frames keep their contents.
  static func reset() {
    unsafe memset(
      pointer(descriptors), 0, frameCount * DescriptorTable.descriptorSize)
    unsafe memset(pointer(words), 0, 1 << 12)
    unsafe freeHead = .max
    unsafe neverUsed = 0
    unsafe framesInUse = 0
    unsafe sharedInUse = 0
    share()
  }

  /// Has one address space shared: where nobody shares, a retired table is
  /// released at once, and there is no queue to measure.
  private static func share() {
    do {
      let space = try KernelSpace<X86FourLevel, _>(
        Reclaimer.make(on: SharedKernel()))
      let binding = try space.scheme.bind(
        Device(iommu: 0, requester: 0), to: space, as: PASID(1))
      // It ends with the next reset.
      _ = consume binding
    } catch {
      fatalError("the driver binds everything: \(error)")
    }
  }

  /// A frame for the space that is shared.
  static func allocateShared() -> FrameNumber {
    let next = unsafe sharedInUse
    if next == frameCount - freeFrameCount { return .none }
    unsafe sharedInUse = next + 1
    return FrameNumber(firstFrame.rawValue + UInt64(freeFrameCount + next))
  }

  private static func map(_ bytes: Int, at base: UInt) {
    let memory = unsafe mmap(
      pointer(base), bytes, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_FIXED_NOREPLACE, -1, 0)
    guard unsafe memory == pointer(base) else { fatalError("no memory") }
  }

  // MARK: Frames, last in first out, linked through their descriptors

  @inline(__always)
  static func allocate() -> FrameNumber {
    unsafe framesInUse += 1
    let head = unsafe freeHead
    if head != .max {
      unsafe freeHead = descriptorTable.load(.link, of: FrameNumber(head))
      return FrameNumber(head)
    }
    let next = unsafe neverUsed
    if next == freeFrameCount { return .none }
    unsafe neverUsed = next + 1
    return FrameNumber(firstFrame.rawValue + UInt64(next))
  }

  @inline(__always)
  static func free(_ frame: FrameNumber) {
    unsafe framesInUse -= 1
    unsafe descriptorTable.store(freeHead, to: .link, of: frame)
    unsafe freeHead = frame.rawValue
  }
}
