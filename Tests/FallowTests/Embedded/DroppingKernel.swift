// SPDX-License-Identifier: Apache-2.0

// A kernel that drops a token of each kind, in a function for each. Linked from
// one of them, it lacks the symbol that is named after the token.

public import Fallow

@_silgen_name("kernel_halt")
func halt() -> Never

/// The least of a kernel.
public struct Kernel: Platform, ManagedMemory, Uniprocessor, PolledWorker,
  X86Processors, DropsFailToLink
{
  /// Its memory.
  public let memory: KernelMemory

  /// Nothing: it does not run.
  public func flush(
    _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
  ) {}
  /// Stops.
  public func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
    halt()
  }
}

/// No IOMMU.
public typealias Driver = NoIOMMU<Kernel, X86FourLevel>
/// What takes its tables.
public typealias Scheme = Reclaimer<Driver>

/// Drops a token.
@_silgen_name("drop_constructed_table")
public func drop(_ token: consuming ConstructedTable<Kernel, KernelHalf>) {
  _ = consume token
}

/// Drops a token.
@_silgen_name("drop_unlinked_tables")
public func drop(_ token: consuming UnlinkedTables<Kernel, KernelHalf>) {
  _ = consume token
}

/// Drops a token.
@_silgen_name("drop_batch")
public func drop(_ token: consuming Batch<Kernel, KernelHalf>) {
  _ = consume token
}

/// Drops a token.
@_silgen_name("drop_invalidated_batch")
public func drop(_ token: consuming InvalidatedBatch<Kernel>) {
  _ = consume token
}

/// Drops a token.
@_silgen_name("drop_releasable_batch")
public func drop(_ token: consuming ReleasableBatch<Kernel>) {
  _ = consume token
}

/// Drops a token.
@_silgen_name("drop_stale_range")
public func drop(_ token: consuming StaleRange<Kernel>) {
  _ = consume token
}

/// Drops a token.
@_silgen_name("drop_reserved_frames")
public func drop(_ token: consuming ReservedFrames<Kernel>) {
  _ = consume token
}

/// Drops a token.
@_silgen_name("drop_cursor")
public func drop(_ token: consuming Cursor<X86FourLevel, Scheme>) {
  _ = consume token
}

/// Drops a token.
@_silgen_name("drop_user_space")
public func drop(_ token: consuming UserSpace<X86FourLevel, Scheme>) {
  _ = consume token
}

/// Drops a token.
@_silgen_name("drop_device_binding")
public func drop(_ token: consuming DeviceBinding<Driver>) {
  _ = consume token
}
