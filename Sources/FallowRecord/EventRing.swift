// SPDX-License-Identifier: Apache-2.0

internal import FallowRecordSystem

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The ring that the programs write their events into
/// (Documentation/bpf/ringbuf.rst).
@safe struct EventRing: ~Copyable {
  private let consumer: UnsafeMutableRawPointer
  private let producer: UnsafeMutableRawPointer
  private let size: Int
  private let page: Int

  /// Flags in the length of a record (linux/bpf.h).
  private static let busy: UInt32 = 1 << 31
  private static let discarded: UInt32 = 1 << 30
  private static let header = 8

  /// Maps the ring: the consumer's page, the producer's page and the records,
  /// the latter twice in a row, so that none is cut in two.
  ///
  /// - Throws: ``RecordError/refused(what:reason:)``.
  init(_ programs: LoadedPrograms) throws(RecordError) {
    page = Int(sysconf(Int32(_SC_PAGESIZE)))
    size = programs.ringSize
    let ring = programs.ring
    let first = unsafe mmap(
      nil, page, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0)
    let rest = unsafe mmap(
      nil, page + 2 * size, PROT_READ, MAP_SHARED, ring, off_t(page))
    guard let first = unsafe first, let rest = unsafe rest,
      unsafe first != MAP_FAILED, unsafe rest != MAP_FAILED
    else {
      throw .refused(what: "the ring's memory", reason: SystemFile.reason)
    }
    unsafe consumer = first
    unsafe producer = rest
  }

  deinit {
    unsafe munmap(consumer, page)
    unsafe munmap(producer, page + 2 * size)
  }

  /// Takes the events that are in the ring.
  func drain(_ take: (fallow_event) throws(RecordError) -> Void)
    throws(RecordError)
  {
    var position = unsafe fallow_load_acquire(consumer)
    while unsafe position < fallow_load_acquire(producer) {
      let offset = Int(position & UInt64(size - 1))
      let record = unsafe producer + page + offset
      let length = unsafe fallow_load_acquire_header(record)
      if length & Self.busy != 0 { return }
      let count = Int(length & ~Self.discarded)
      if length & Self.discarded == 0 {
        var event = fallow_event()
        unsafe withUnsafeMutableBytes(of: &event) { bytes in
          let data = unsafe UnsafeRawBufferPointer(
            start: record + Self.header, count: min(count, bytes.count))
          unsafe bytes.copyMemory(from: data)
        }
        try take(event)
      }
      // Records begin at multiples of 8 bytes.
      position += UInt64((count + Self.header + 7) & ~7)
      unsafe fallow_store_release(consumer, position)
    }
  }
}
