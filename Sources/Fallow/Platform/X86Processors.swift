// SPDX-License-Identifier: Apache-2.0

/// CPUs of x86-64.
public protocol X86Processors: Processors {}

extension X86Processors {
  /// Nothing: a CPU of x86-64 caches no entry that is not present, and its walk
  /// follows its own earlier stores (Intel SDM, volume 3, sections 4.10.2.3 and
  /// 4.10.4.3).
  @inlinable
  @inline(__always)
  public func publish(_ range: VirtualRange, of root: FrameNumber?) {}
}
