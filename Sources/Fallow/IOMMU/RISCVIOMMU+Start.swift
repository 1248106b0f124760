// SPDX-License-Identifier: Apache-2.0

extension RISCVIOMMU {
  /// Starts an IOMMU: it gets its queue and its device directory, drops
  /// everything, and translates from then on.
  ///
  /// The order is that of section "Guidelines for initialization". What
  /// firmware left is switched off first. Sleeps. The code that boots the
  /// machine calls it once for each IOMMU; after ``StartOutcome/unanswered`` it
  /// may be called again.
  ///
  /// - Returns: Whether the IOMMU runs, or what it lacks.
  /// - Throws: `Interruption`, where the platform stops the call in its middle.
  /// - Parameter iommu: Its number, 0 to 31.
  @inlinable
  public func start(_ iommu: Int) throws(P.Interruption) -> StartOutcome {
    guard ControlFrame<P>.hasRoom(for: iommu) else { return .noSuchIOMMU }
    guard try control.load(.deviceTable, of: iommu) == 0 else {
      return .alreadyStarted
    }
    if let feature = try missingFeature(of: iommu) { return .lacks(feature) }
    guard let directory = try control.takeTable(iommu) else {
      return .outOfFrames
    }
    let outcome = try start(iommu, directory)
    if outcome != .started { try control.abandonTable(directory, of: iommu) }
    return outcome
  }

  @inlinable
  func start(
    _ iommu: Int, _ directory: FrameNumber
  ) throws(P.Interruption) -> StartOutcome {
    guard try control.takeQueue(iommu) else { return .outOfFrames }
    guard try setMode(RISCVIOMMURegister.Directory.off, on: iommu) else {
      return .unanswered
    }
    guard try switchToLittleEndian(iommu) else { return .lacks(.littleEndian) }
    guard try restartQueue(iommu) else { return .unanswered }
    guard
      try platform.load(RISCVIOMMURegister.queueBase.of(iommu))
        == queueBase(of: iommu)
    else { return .lacks(.queueOfOneFrame) }
    try dropEverything(iommu)
    guard try queue.wait(for: queue.fence(iommu), on: iommu) else {
      return .unanswered
    }
    // Nothing that is not valid is cached, so that a directory which is empty
    // needs no invalidation.
    try control.handTable(directory, to: iommu)
    guard let levels = try makeDirectory(directory, on: iommu) else {
      guard try setMode(RISCVIOMMURegister.Directory.off, on: iommu) else {
        return .unanswered
      }
      try control.takeBackTable(of: iommu)
      return .lacks(.deviceDirectory)
    }
    var traits = try reportedTraits(of: iommu)
    traits.rawValue |= Traits.deviceLevels(levels)
    try control.store(traits.rawValue, to: .capabilities, of: iommu)
    try control.store(directory.address.rawValue, to: .deviceTable, of: iommu)
    return .started
  }

  /// What an IOMMU lacks that every operation relies on; nil if nothing.
  @inlinable
  func missingFeature(
    of iommu: Int
  ) throws(P.Interruption) -> IOMMUFeature? {
    typealias Capability = RISCVIOMMURegister.Capability
    let capabilities = try platform.load(
      RISCVIOMMURegister.capabilities.of(iommu))
    guard Capability.version.read(capabilities) == 1 else {
      return .knownVersion
    }
    let format = Capability.sv39.mask &<< UInt64(Format.levels &- 3)
    return capabilities & format != 0 ? nil : .pageTableFormat
  }

  /// Clears `fctl.BE`, which is WARL, and returns whether it is clear.
  @inlinable
  func switchToLittleEndian(_ iommu: Int) throws(P.Interruption) -> Bool {
    typealias Feature = RISCVIOMMURegister.Feature
    let register = RISCVIOMMURegister.features.of(iommu)
    let now = try platform.load(register)
    guard Feature.bigEndian.isSet(in: now) else { return true }
    try platform.store(now & ~Feature.bigEndian.mask, to: register)
    return try !Feature.bigEndian.isSet(in: platform.load(register))
  }

  // MARK: The device directory

  /// Makes `directory` the root of as few levels as distinguish all requesters,
  /// or of the most that the IOMMU supports, and returns how many those are;
  /// nil if it supports none.
  @inlinable
  func makeDirectory(
    _ directory: FrameNumber, on iommu: Int
  ) throws(P.Interruption) -> UInt64? {
    let isExtended = try reportedTraits(of: iommu).isExtended
    // 7 + 9 bits are those of a requester; 6 + 9 are not.
    let enough: UInt64 = isExtended ? 3 : 2
    if try setLevels(enough, directory, on: iommu) { return enough }
    let other = 5 &- enough
    if try setLevels(other, directory, on: iommu) { return other }
    return try setLevels(1, directory, on: iommu) ? 1 : nil
  }

  @inlinable
  func setLevels(
    _ levels: UInt64, _ directory: FrameNumber, on iommu: Int
  ) throws(P.Interruption) -> Bool {
    try setMode(
      RISCVIOMMURegister.Directory.mode(levels: levels), directory, on: iommu)
  }

  /// Switches the IOMMU to a mode, by way of Off, and returns whether it is in
  /// that mode then: the field is WARL.
  ///
  /// Section "Device-directory-table pointer (ddtp)".
  @inlinable
  func setMode(
    _ mode: UInt64, _ root: FrameNumber = FrameNumber(0), on iommu: Int
  ) throws(P.Interruption) -> Bool {
    typealias Directory = RISCVIOMMURegister.Directory
    guard var now = try directoryPointer(of: iommu) else { return false }
    if Directory.mode.read(now) != Directory.off {
      // The frame number stays while it is switched off.
      try platform.store(
        now & ~Directory.mode.mask,
        to: RISCVIOMMURegister.directory.of(iommu))
      guard let off = try directoryPointer(of: iommu) else { return false }
      now = off
    }
    if mode != Directory.off {
      let wanted = Directory.mode(mode) | Directory.frame(root.rawValue)
      try platform.store(wanted, to: RISCVIOMMURegister.directory.of(iommu))
      guard let answer = try directoryPointer(of: iommu) else { return false }
      return answer & (Directory.mode.mask | Directory.frame.mask) == wanted
    }
    return Directory.mode.read(now) == mode
  }

  /// The device directory table pointer once no change is under way; nil if one
  /// still is when patience ends.
  @inlinable
  func directoryPointer(of iommu: Int) throws(P.Interruption) -> UInt64? {
    let register = RISCVIOMMURegister.directory.of(iommu)
    let busy = RISCVIOMMURegister.Directory.busy
    try platform.await(
      IOMMUCondition(register, mask: busy.mask, differsFrom: busy.mask))
    let word = try platform.load(register)
    return busy.isSet(in: word) ? nil : word
  }
}
