// SPDX-License-Identifier: Apache-2.0

public import Synchronization

/// Memory that is mapped in one piece: the kernel provides the ``directMap``, and
/// this mix-in all of ``TableMemory``, with the orderings that it promises.
public protocol DirectMapped: TableMemory, Processors
where Interruption == Never {
  /// Where the memory is seen.
  var directMap: DirectMap { get }
}

extension DirectMapped {
  // MARK: Table entries

  /// An acquiring load: pairs with the release or the exchange by which
  /// another CPU wrote the entry, so that what it points to is complete.
  @inlinable
  public func load(_ entry: PhysicalAddress) -> UInt64 {
    unsafe directMap.entry(entry).pointee.load(ordering: .acquiring)
  }

  /// A releasing store.
  @inlinable
  public func store(_ value: UInt64, to entry: PhysicalAddress) {
    unsafe directMap.entry(entry).pointee.store(value, ordering: .releasing)
  }

  /// A full fence: one locked instruction on x86-64.
  @inlinable
  public func exchange(_ value: UInt64, at entry: PhysicalAddress) -> UInt64 {
    unsafe directMap.entry(entry).exchangeFenced(value)
  }

  /// A full fence if it writes; it acquires if not.
  @inlinable
  public func compareExchange(
    _ entry: PhysicalAddress, expected: UInt64, desired: UInt64
  ) -> UInt64 {
    unsafe directMap.entry(entry).compareExchangeFenced(
      expected: expected, desired: desired)
  }

  /// Plain stores in one loop, which the compiler is free to widen: nobody can
  /// reach the table yet, and its link releases them.
  ///
  /// - Complexity: O(`count`)
  @inlinable
  @inline(never)
  public func fill(
    _ entry: PhysicalAddress, count: Int, first: UInt64, step: UInt64
  ) {
    let entries = unsafe directMap.pointer(to: entry)
    var value = first
    var offset = 0
    while offset < count &* 8 {
      unsafe entries.storeBytes(
        of: value, toByteOffset: offset, as: UInt64.self)
      value &+= step
      offset &+= 8
    }
  }

  /// Plain stores, as ``fill(_:count:first:step:)``.
  ///
  /// - Complexity: O(`count`)
  @inlinable
  @inline(__always)
  public func fill(
    _ entry: PhysicalAddress, count: Int, with entries: (Int) -> UInt64
  ) {
    let memory = unsafe directMap.pointer(to: entry)
    var index = 0
    while index < count {
      unsafe memory.storeBytes(
        of: entries(index), toByteOffset: index &* 8, as: UInt64.self)
      index &+= 1
    }
  }

  /// One call of the C library's `memset`, which every kernel has, and has in
  /// the fastest form for its machine.
  ///
  /// - Complexity: O(`count`)
  @inlinable
  public func zero(_ entry: PhysicalAddress, count: Int) {
    unsafe directMap.pointer(to: entry).initializeMemory(
      as: UInt8.self, repeating: 0, count: count &* 8)
  }

  // MARK: Descriptors

  /// As ``DescriptorTable/contains(_:)``.
  @inlinable
  public func hasDescriptor(_ frame: FrameNumber) -> Bool {
    directMap.descriptors.contains(frame)
  }

  /// As ``DescriptorTable/load(_:of:)``.
  @inlinable
  @inline(__always)
  public func load(_ field: DescriptorField, of frame: FrameNumber) -> UInt64 {
    directMap.descriptors.load(field, of: frame)
  }

  /// As ``DescriptorTable/store(_:to:of:)``.
  @inlinable
  @inline(__always)
  public func store(
    _ value: UInt64, to field: DescriptorField, of frame: FrameNumber
  ) {
    directMap.descriptors.store(value, to: field, of: frame)
  }

  /// A full fence if it writes; it acquires if not.
  @inlinable
  public func compareExchange(
    _ field: DescriptorField, of frame: FrameNumber,
    expected: UInt64, desired: UInt64
  ) -> UInt64 {
    directMap.descriptors.compareExchange(
      field, of: frame, expected: expected, desired: desired)
  }

  /// A full fence.
  @inlinable
  public func add(
    _ delta: Int64, to field: DescriptorField, of frame: FrameNumber
  ) -> UInt64 {
    directMap.descriptors.add(delta, to: field, of: frame)
  }

  // MARK: The kernel's own words

  /// An acquiring load.
  @inlinable
  public func load(_ word: KernelWord) -> UInt64 {
    unsafe directMap.word(word).pointee.load(ordering: .acquiring)
  }

  /// A full fence if it writes; it acquires if not.
  @inlinable
  public func compareExchange(
    _ word: KernelWord, expected: UInt64, desired: UInt64
  ) -> UInt64 {
    unsafe directMap.word(word).compareExchangeFenced(
      expected: expected, desired: desired)
  }

  /// A full fence.
  @inlinable
  public func exchange(_ value: UInt64, at word: KernelWord) -> UInt64 {
    unsafe directMap.word(word).exchangeFenced(value)
  }

  /// Adds to this CPU's part of the word in one atomic step, so that no count
  /// is lost: not to an interrupt in its middle, not to a caller that moves to
  /// another CPU after it read which CPU runs it.
  ///
  /// The order is relaxed. The step is one instruction on x86-64 (`lock add`)
  /// and on RISC-V (`amoadd.d`); on AArch64 it is one (`ldadd`) where the target
  /// has FEAT_LSE, and otherwise a loop of four. The cache line is this CPU's
  /// own, so on x86-64 the step costs about 18 cycles more than an addition
  /// without a lock, five times in the life of a table.
  @inlinable
  public func count(_ delta: Int64, at word: KernelWord) {
    unsafe directMap.part(of: word, cpu: currentCPU()).pointee.wrappingAdd(
      UInt64(bitPattern: delta), ordering: .relaxed)
  }

  /// The sum of all CPUs' parts, and zero where it comes out below: a sum that
  /// is read while one CPU adds and another subtracts may miss the addition.
  ///
  /// - Complexity: O(CPUs)
  @inlinable
  @inline(never)
  public func counted(at word: KernelWord) -> UInt64 {
    var sum: UInt64 = 0
    for cpu in 0..<cpuCount {
      sum &+= unsafe directMap.part(of: word, cpu: cpu).pointee.load(
        ordering: .relaxed)
    }
    return UInt64(max(0, Int64(bitPattern: sum)))
  }
}
