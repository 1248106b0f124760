package import CMachine
package import Fallow

/// The CPU that runs the caller.
package enum CPU {
  /// Beyond so many pages everything is flushed at once, as Linux does on
  /// x86 beyond 33 (`tlb_single_page_flush_ceiling`).
  @inlinable
  static var mostPages: UInt64 { 33 }

  /// Forgets what it cached of `range`, leaves and tables; so do all CPUs where
  /// flushes are broadcast.
  @inlinable
  package static func flush(_ range: VirtualRange) {
    if range.size > mostPages &<< FrameNumber.shift {
      machine_flush_all()
      return
    }
    var offset: UInt64 = 0
    while offset < range.size {
      machine_flush_page((range.start + offset).rawValue)
      offset &+= FrameNumber.size
    }
  }

  /// Makes entries of `range` that have become valid visible to its walks.
  @inlinable
  package static func publish(_ range: VirtualRange) {
    machine_publish_tables()
    if machine_caches_invalid_entries() { flush(range) }
  }
}
