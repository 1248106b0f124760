// SPDX-License-Identifier: Apache-2.0

import BenchSupport
import Fallow
import Glibc

/// What kernels feel: lists of operations of `Benchmarks/lists.py`, scattered
/// pages, and a copy of an address space, in each format.
///
/// The kernel counts its read sections and takes frames through the caches of its
/// CPUs.
enum Mix: String {
  case vmalloc, mmap, protect, sparse
  case n1, n2, n4, n16, n64
  case scatter, fork

  /// Whether it runs a list of operations.
  var isList: Bool { self != .scatter && self != .fork }

  /// The name of its list: the addresses of Sv39 are fewer.
  func file(for format: MixFormat) -> String {
    self == .sparse && format == .sv39 ? "sparse_sv39" : rawValue
  }
}

/// One operation of a list.
struct MixedOperation {
  enum Kind: UInt32 {
    case map = 1
    case unmap, makeReadOnly, makeWritable
  }

  var kind: Kind
  var page: UInt32
  var count: UInt32
  var frame: UInt32
}

/// A list of operations, read from a file.
@safe
struct OperationList {
  let operations: UnsafeMutableBufferPointer<MixedOperation>

  /// Reads a list, or ends the program.
  init(_ path: String) {
    guard let file = unsafe fopen(path, "rb") else {
      print("\(path): cannot be read; Benchmarks/lists.py writes it")
      exit(2)
    }
    var count: UInt32 = 0
    Bench.check(unsafe fread(&count, 4, 1, file) == 1, "a list")
    let words = UnsafeMutableBufferPointer<UInt32>.allocate(
      capacity: Int(count) * 4)
    Bench.check(
      unsafe fread(words.baseAddress, 16, Int(count), file) == Int(count),
      "a whole list")
    unsafe fclose(file)
    unsafe operations = .allocate(capacity: Int(count))
    for index in 0..<Int(count) {
      guard
        let kind = unsafe MixedOperation.Kind(rawValue: words[index * 4])
      else { fatalError("no such operation") }
      unsafe operations.initializeElement(
        at: index,
        to: MixedOperation(
          kind: kind, page: words[index * 4 + 1],
          count: words[index * 4 + 2], frame: words[index * 4 + 3]))
    }
    unsafe words.deallocate()
  }
}

/// Pages anywhere in memory, in no order.
@safe
enum ScatteredPages {
  nonisolated(unsafe) static var frames = unsafe UnsafeMutableBufferPointer<
    FrameNumber
  >(start: nil, count: 0)

  static func draw() {
    unsafe frames = .allocate(capacity: Int(pageCount))
    var state: UInt64 = 88_172_645_463_325_252
    for index in 0..<Int(pageCount) {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      unsafe frames.initializeElement(
        at: index, to: FrameNumber(0x10_0000 + state & 0xff_ffff))
    }
  }
}

/// The measured work, in one format.
struct MixBench<Format: PageTableFormat> {
  typealias Kernel = CountingKernel
  typealias Space = KernelSpace<Format, CachedScheme<Kernel>>

  static var base: VirtualAddress { Format.kernelHalf.start + (1 << 30) }

  /// How many tables are unlinked before the worker runs.
  static var tablesPerRun: Int { 32 }

  @inline(__always)
  static func run(_ list: OperationList, in space: Space) {
    let operations = unsafe list.operations
    var gather = StaleRange(on: space.platform)
    var unmaps = 0
    for index in 0..<operations.count {
      let operation = unsafe operations[index]
      let range = VirtualRange(
        start: base + UInt64(operation.page) << 12,
        size: UInt64(operation.count) << 12)
      switch operation.kind {
      case .map:
        space.mustMap(
          range, to: firstPage + UInt64(operation.frame) << 12,
          attributes: .writable)
      case .unmap:
        space.mustUnmap(range)
        unmaps &+= 1
        if unmaps == tablesPerRun {
          space.scheme.reclaim()
          unmaps = 0
        }
      case .makeReadOnly:
        space.mustProtect(range, clearing: .writable, into: &gather)
      case .makeWritable:
        space.mustProtect(range, setting: .writable, into: &gather)
      }
    }
    space.scheme.reclaim()
    mustInvalidate(&gather, by: space.scheme)
  }

  @inline(__always)
  static func mapScattered(in space: Space) {
    unsafe space.mustMap(base, to: ScatteredPages.frames)
  }

  /// Maps the pages of one space read-only in another, and makes them read-only
  /// in the first: what fork does.
  @inline(__always)
  static func copy(_ parent: Space, to child: Space) -> UInt64 {
    var gather = StaleRange(on: parent.platform)
    var copied: UInt64 = 0
    for table in 0..<pageCount / 512 {
      let start = base + table << 21
      let range = VirtualRange(start: start, size: 1 << 21)
      parent.mustProtect(range, clearing: .writable, into: &gather)
      var frames = FrameList<Format>()
      parent.mustWalk(range, visiting: &frames)
      unsafe child.mustMap(start, to: frames.found, attributes: .none)
      copied &+= UInt64(frames.count)
    }
    mustInvalidate(&gather, by: parent.scheme)
    return copied
  }

  static func mustInvalidate(
    _ gather: inout StaleRange<Kernel>, by scheme: CachedScheme<Kernel>
  ) {
    do throws(UnansweredError) {
      try gather.invalidate(by: scheme)
    } catch {
      fatalError("the IOMMU answers at once")
    }
  }
}

/// The frames of one table's pages.
@safe
struct FrameList<Format: PageTableFormat>: LeafVisitor {
  private let buffer = unsafe frameBuffer
  private(set) var count = 0

  var found: UnsafeMutableBufferPointer<FrameNumber> {
    unsafe UnsafeMutableBufferPointer(start: buffer, count: count)
  }

  @inline(__always)
  mutating func visit(
    _ entry: UInt64, level: Int, at address: VirtualAddress
  ) {
    unsafe buffer[count] = FrameNumber(
      containing: Format.leafAddress(in: entry, level: level))
    count &+= 1
  }
}

nonisolated(unsafe) private let frameBuffer = UnsafeMutablePointer<
  FrameNumber
>.allocate(capacity: 512)

extension Mix {
  /// One repetition: nanoseconds, and how many units of work they are for.
  func run(
    _ list: OperationList?, format: MixFormat
  ) -> (time: UInt64, units: UInt64) {
    FrameCaches.start()
    return switch format {
    case .x86: measure(list, mixX86, scatterX86, forkX86)
    case .sv39: measure(list, mixSv39, scatterSv39, forkSv39)
    case .arm64: measure(list, mixARM64, scatterARM64, forkARM64)
    }
  }

  private func measure<Format: PageTableFormat>(
    _ list: OperationList?,
    _ mix: (OperationList, MixBench<Format>.Space) -> Void,
    _ scatter: (MixBench<Format>.Space) -> Void,
    _ fork: (MixBench<Format>.Space, MixBench<Format>.Space) -> UInt64
  ) -> (UInt64, UInt64) {
    let space = MixBench<Format>.Space.make(.make(on: CountingKernel()))
    let before = TableAccounts(of: space.platform)
    var units = pageCount
    let time: UInt64
    if self == .scatter {
      time = Bench.time { scatter(space) }
    } else if self == .fork {
      MixBench<Format>.mapScattered(in: space)
      let child = MixBench<Format>.Space.make(.make(on: CountingKernel()))
      time = Bench.time { units = fork(space, child) }
      Self.check(child)
    } else if let list {
      time = Bench.time { mix(list, space) }
      units = UInt64(unsafe list.operations.count)
      let after = TableAccounts(of: space.platform)
      Bench.check(
        after.linked == before.linked && after.quarantined == 0, "all freed")
    } else {
      fatalError("no list")
    }
    if self == .scatter || self == .fork { Self.check(space) }
    return (time, units)
  }

  private static func check<Format: PageTableFormat>(
    _ space: MixBench<Format>.Space
  ) {
    let last = Int(pageCount) - 1
    let frame = unsafe ScatteredPages.frames[last]
    Bench.check(
      space.translate(MixBench<Format>.base + UInt64(last) << 12)?.address
        == frame.address, "the last page")
  }
}

/// The formats that the mixes are measured in.
enum MixFormat: String {
  case x86, sv39, arm64
}

@inline(never)
@_silgen_name("op_mix_x86")
func mixX86(_ list: OperationList, _ space: MixBench<X86FourLevel>.Space) {
  MixBench<X86FourLevel>.run(list, in: space)
}

@inline(never)
@_silgen_name("op_mix_sv39")
func mixSv39(_ list: OperationList, _ space: MixBench<RISCVSv39>.Space) {
  MixBench<RISCVSv39>.run(list, in: space)
}

@inline(never)
@_silgen_name("op_mix_arm64")
func mixARM64(_ list: OperationList, _ space: MixBench<AArch64FourKiB>.Space) {
  MixBench<AArch64FourKiB>.run(list, in: space)
}

@inline(never)
@_silgen_name("op_scatter_x86")
func scatterX86(_ space: MixBench<X86FourLevel>.Space) {
  MixBench<X86FourLevel>.mapScattered(in: space)
}

@inline(never)
@_silgen_name("op_scatter_sv39")
func scatterSv39(_ space: MixBench<RISCVSv39>.Space) {
  MixBench<RISCVSv39>.mapScattered(in: space)
}

@inline(never)
@_silgen_name("op_scatter_arm64")
func scatterARM64(_ space: MixBench<AArch64FourKiB>.Space) {
  MixBench<AArch64FourKiB>.mapScattered(in: space)
}

@inline(never)
@_silgen_name("op_fork_x86")
func forkX86(
  _ parent: MixBench<X86FourLevel>.Space, _ child: MixBench<X86FourLevel>.Space
) -> UInt64 {
  MixBench<X86FourLevel>.copy(parent, to: child)
}

@inline(never)
@_silgen_name("op_fork_sv39")
func forkSv39(
  _ parent: MixBench<RISCVSv39>.Space, _ child: MixBench<RISCVSv39>.Space
) -> UInt64 {
  MixBench<RISCVSv39>.copy(parent, to: child)
}

@inline(never)
@_silgen_name("op_fork_arm64")
func forkARM64(
  _ parent: MixBench<AArch64FourKiB>.Space,
  _ child: MixBench<AArch64FourKiB>.Space
) -> UInt64 {
  MixBench<AArch64FourKiB>.copy(parent, to: child)
}
