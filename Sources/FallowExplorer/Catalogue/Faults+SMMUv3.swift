// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// What is done wrong beside the driver of SMMUv3.
enum SMMUv3Fault: DriverAlteration {
  typealias Right = SMMUv3<SteppingMachine>

  /// Nothing.
  case none
  /// A context is valid before its roots are written.
  case validFirst
  /// A context's root is cleared while it is valid.
  case clearsRootFirst
  /// No command drops the context of the device that leaves.
  case keepsContext
  /// A command drops the context of another device.
  case dropsOthersContext
  /// The context is dropped, and no CMD_SYNC is before its translations.
  case noSyncBetween
  /// Translations are dropped before the context that leads to them.
  case translationsFirst
  /// The translations of one ASID are dropped, which spares global leaves.
  case namesSpace
  /// Those of another space's ASID are dropped.
  case namesOtherSpace
  /// Pages are named, and that only leaves changed.
  case leavesOnly
  /// No CMD_SYNC is behind what is dropped.
  case noSync
  /// CMD_SYNC is not waited for.
  case noWait
  /// A queue that has stopped is taken for one that is done.
  case ignoresErrors
  /// The queue is made to go on before its error is looked at.
  case skipsCommand
  /// An error is acknowledged by toggling what was acknowledged last.
  case togglesBlindly
  /// The queue's base is written while the queue is being switched off.
  case movesQueue
  /// A stream that aborts is not dropped from the configuration cache.
  case keepsStream
  /// Translations are dropped twice, and contexts once.
  case repeatsTranslationsAlone
  /// What is dropped twice has no CMD_SYNC between.
  case repeatsAtOnce

  func attach(
    _ root: FrameNumber, to device: Device, as pasid: PASID, by right: Right
  ) throws(Stop) -> BindOutcome {
    guard self == .validFirst else {
      return try right.attach(root, to: device, as: pasid)
    }
    typealias Context = SMMUv3Entry.Context
    let machine = right.platform
    let context = machine.firstEntry
    try machine.store(Context.fixed | Context.valid(1), to: context)
    try machine.store(root.address.rawValue, to: context + Context.userRoot)
    return .bound
  }

  func detach(
    _ device: Device, from pasid: PASID, by right: Right
  ) throws(Stop) {
    let machine = right.platform
    switch self {
    case .clearsRootFirst:
      try machine.store(
        0, to: machine.firstEntry + SMMUv3Entry.Context.userRoot)
    case .translationsFirst:
      try right.submit(
        InvalidationRequest(pasid: pasid, range: nil), to: device.iommu)
    case .none, .validFirst, .keepsContext, .dropsOthersContext, .noSyncBetween,
      .namesSpace, .namesOtherSpace, .leavesOnly, .noSync, .noWait,
      .ignoresErrors, .skipsCommand, .togglesBlindly, .movesQueue, .keepsStream,
      .repeatsTranslationsAlone, .repeatsAtOnce:
      break
    }
    try right.detach(device, from: pasid)
    // CMD_CFGI_CD and CMD_SYNC are the last two commands now; or the second of
    // each where they are repeated.
    switch self {
    case .keepsContext: try machine.rewrite(2, as: Self.nothing)
    case .dropsOthersContext:
      try machine.rewrite(2, as: SMMUv3Command.context(0, of: 1))
    case .noSyncBetween: try machine.rewrite(1, as: Self.nothing)
    case .repeatsTranslationsAlone: try machine.rewrite(2, as: Self.nothing)
    case .repeatsAtOnce: try machine.rewrite(3, as: Self.nothing)
    case .none, .validFirst, .clearsRootFirst, .translationsFirst, .namesSpace,
      .namesOtherSpace, .leavesOnly, .noSync, .noWait, .ignoresErrors,
      .skipsCommand, .togglesBlindly, .movesQueue, .keepsStream:
      break
    }
  }

  func submit(
    _ request: InvalidationRequest, to iommu: Int, by right: Right
  ) throws(Stop) {
    let machine = right.platform
    // Those of a device that leaves came before its context's.
    if self == .translationsFirst, request.range == nil { return }
    if self == .leavesOnly {
      return try right.submit(
        InvalidationRequest(
          pasid: nil,
          range: VirtualRange(
            start: AArch64FourKiB.kernelHalf.start, size: FrameNumber.size * 4),
          leavesOnly: true), to: iommu)
    }
    try right.submit(request, to: iommu)
    switch self {
    case .namesSpace:
      try machine.rewrite(1, as: .translations(of: 1 << 15))
    case .namesOtherSpace:
      try machine.rewrite(1, as: .translations(of: 1))
    case .repeatsAtOnce: try machine.rewrite(2, as: Self.nothing)
    case .none, .validFirst, .clearsRootFirst, .keepsContext,
      .dropsOthersContext, .noSyncBetween, .translationsFirst, .leavesOnly,
      .noSync, .noWait, .ignoresErrors, .skipsCommand,
      .togglesBlindly, .movesQueue, .keepsStream, .repeatsTranslationsAlone:
      break
    }
  }

  func fence(_ iommu: Int, by right: Right) throws(Stop) -> UInt64 {
    self == .noSync
      ? try right.platform.ringWithoutSync() : try right.fence(iommu)
  }

  func wait(
    for ticket: UInt64, on iommu: Int, by right: Right
  ) throws(Stop) -> Bool {
    let machine = right.platform
    switch self {
    case .noWait: return true
    case .skipsCommand:
      let register = SMMUv3Register.queueConsumer.of(iommu)
      try machine.await(
        IOMMUCondition(
          register, mask: SMMUv3Register.Reason.field.mask, differsFrom: 0))
      let head = try machine.load(register)
      if SMMUv3Register.Reason.field.read(head) != 0 {
        try machine.store((head + 1) & 0x1ff, to: register)
      }
    case .togglesBlindly:
      let register = SMMUv3Register.seenErrors.of(iommu)
      try machine.await(
        IOMMUCondition(
          SMMUv3Register.errors.of(iommu), mask: 1,
          differsFrom: try machine.load(register) & 1))
      try machine.store(try machine.load(register) ^ 1, to: register)
    case .none, .validFirst, .clearsRootFirst, .keepsContext,
      .dropsOthersContext, .noSyncBetween, .translationsFirst, .namesSpace,
      .namesOtherSpace, .leavesOnly, .noSync, .ignoresErrors,
      .movesQueue, .keepsStream, .repeatsTranslationsAlone, .repeatsAtOnce:
      break
    }
    let isDone = try right.wait(for: ticket, on: iommu)
    return isDone || self == .ignoresErrors
  }

  func isolate(_ device: Device, by right: Right) throws(Stop) {
    let machine = right.platform
    if self == .movesQueue {
      let control = SMMUv3Register.control.of(device.iommu)
      try machine.store(SMMUv3Register.Control.enable(1), to: control)
      try machine.store(
        0, to: SMMUv3Register.queueBase.of(device.iommu))
    }
    try right.isolate(device)
    if self == .keepsStream {
      // CMD_CFGI_ALL, CMD_SYNC and CMD_TLBI_NSNH_ALL are the last commands.
      try machine.rewrite(3, as: Self.nothing)
    }
  }

  /// A command that drops nothing: a stream's that is not there.
  private static var nothing: SMMUv3Command { .context(0, of: 1) }
}

extension SteppingMachine {
  /// The driver's words of its IOMMU: first the queue's address, then how many
  /// commands were put into it.
  private var control: PhysicalAddress {
    core.number(core.layout.frames + core.layout.roots).address
  }

  /// Writes a command over the one that the driver put into the queue so many
  /// commands ago, counted from 1, while it has not rung for it.
  fileprivate func rewrite(
    _ number: UInt64, as command: SMMUv3Command
  ) throws(Stop) {
    let queue = PhysicalAddress(try load(control))
    let tail = try load(control + 8)
    let place =
      queue
      + SMMUv3Manual.positions.index(of: tail - number) * SMMUv3Command.size
    try store(command.low, to: place)
    try store(command.high, to: place + 8)
  }

  /// Rings for what is in the queue, and returns the ticket of its last
  /// command.
  fileprivate func ringWithoutSync() throws(Stop) -> UInt64 {
    let tail = try load(control + 8)
    let since = try load(control + 8 * 8)
    try store(tail, to: control + 8 * 8)
    try store(tail, to: control + 3 * 8)
    try store(
      SMMUv3Manual.positions.position(of: tail),
      to: SMMUv3Register.queueProducer.of(0))
    return since << 32 | tail
  }
}

extension SMMUv3Command {
  /// CMD_CFGI_CD.
  fileprivate static func context(
    _ substream: UInt64, of stream: UInt64
  ) -> Self {
    Self(
      low: Kind.context.rawValue | Field.stream(stream)
        | Field.substream(substream))
  }

  /// CMD_TLBI_NH_ASID.
  fileprivate static func translations(of tag: UInt64) -> Self {
    Self(low: Kind.space.rawValue | Field.tag(tag))
  }
}
