// SPDX-License-Identifier: Apache-2.0

/// The command queue's registers.
extension RISCVIOMMU {
  /// What `cqb` holds: the queue's frame, and 2^(7 + 1) commands.
  @inlinable
  func queueBase(of iommu: Int) throws(P.Interruption) -> UInt64 {
    typealias Base = RISCVIOMMURegister.QueueBase
    let frame = try control.load(.queue, of: iommu) &>> FrameNumber.shift
    return Base.frame(frame) | Base.size(7)
  }

  /// Switches the queue off and on again, empty.
  ///
  /// - Returns: False if the IOMMU did not switch in time; the base of a queue
  ///   that is on, or about to be, is not written.
  ///
  /// Sections "Command-queue base (cqb)" and "Command-queue CSR (cqcsr)". The
  /// caller holds the sharing lock and the queue's, or nobody else uses it yet.
  @inlinable
  func restartQueue(_ iommu: Int) throws(P.Interruption) -> Bool {
    typealias Queue = RISCVIOMMURegister.Queue
    guard
      try setQueue(Queue.errors, isOn: false, iommu)
    else { return false }
    try platform.store(
      try queueBase(of: iommu), to: RISCVIOMMURegister.queueBase.of(iommu))
    try queue.reset(iommu)
    return try setQueue(Queue.enable.mask, isOn: true, iommu)
  }

  /// Writes `cqcsr` while no write to it is under way, and returns whether the
  /// queue is on, or off, in time.
  @inlinable
  func setQueue(
    _ value: UInt64, isOn: Bool, _ iommu: Int
  ) throws(P.Interruption) -> Bool {
    typealias Queue = RISCVIOMMURegister.Queue
    let register = RISCVIOMMURegister.queueControl.of(iommu)
    guard try queueControl(of: iommu) != nil else { return false }
    try platform.store(value, to: register)
    try platform.await(
      IOMMUCondition(
        register, mask: Queue.isOn.mask,
        differsFrom: isOn ? 0 : Queue.isOn.mask))
    guard let word = try queueControl(of: iommu) else { return false }
    return Queue.isOn.isSet(in: word) == isOn
  }

  /// `cqcsr` once no write to it is under way; nil if one still is when
  /// patience ends.
  @inlinable
  func queueControl(of iommu: Int) throws(P.Interruption) -> UInt64? {
    let register = RISCVIOMMURegister.queueControl.of(iommu)
    let busy = RISCVIOMMURegister.Queue.busy
    try platform.await(
      IOMMUCondition(register, mask: busy.mask, differsFrom: busy.mask))
    let word = try platform.load(register)
    return busy.isSet(in: word) ? nil : word
  }

  /// Puts into the queue that all caches of an IOMMU drop everything, those
  /// that lead to others first: commands may be executed out of order.
  ///
  /// The caller holds the sharing lock, or nobody else uses the queue yet.
  @inlinable
  func dropEverything(_ iommu: Int) throws(P.Interruption) {
    try queue.put(.allContexts, on: iommu)
    try queue.order(iommu)
    try queue.put(.allTranslations, on: iommu)
  }
}
