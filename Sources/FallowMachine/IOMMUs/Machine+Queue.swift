// SPDX-License-Identifier: Apache-2.0

import Fallow

/// How an IOMMU works off its queue: one command at a time, each read from
/// memory when its time has come.
extension Machine {
  /// Begins with the command at the head, if there is one and nothing stands in
  /// the way.
  func workOn(_ number: Int) {
    let iommu = iommus[number]
    guard iommu.hasQueue, !iommu.isBusy, iommu.queueHead != iommu.queueTail,
      iommu.faultStatus & queueErrors == 0
    else { return }
    iommus[number].isBusy = true
    var latency = isStarting ? 0 : iommu.latency
    if iommu.reversed == nil {
      switch failure(of: command(at: iommu.queueHead, number), number) {
      case .descriptor:
        record(.skipped(iommu: number))
        iommus[number].smmu.reason = SMMUv3Register.Reason.illegal
        stop(number, invalidCommandError)
        return
      case .device:
        iommus[number].abortedUpTo = iommu.queueTail
        iommus[number].queueHead = place(1, after: iommu.queueHead)
        stop(number, timeOutError)
        return
      case .late: latency += 2 * configuration.patience
      case .stuck: return
      case nil: break
      }
      if configuration.executesOutOfOrder { reverse(number) }
    }
    eventQueue.insert(
      .completion(iommu: number, session: iommu.session), at: now + latency)
  }

  /// Takes the commands from the head on, up to one that keeps order, to carry
  /// them out in reverse.
  private func reverse(_ number: Int) {
    let iommu = iommus[number]
    var count: UInt64 = 0
    while true {
      let place = place(count, after: iommu.queueHead)
      if place == iommu.queueTail || command(at: place, number).keepsOrder {
        break
      }
      count += 1
    }
    if count > 1 { iommus[number].reversed = (count, 0) }
  }

  private func stop(_ number: Int, _ fault: UInt64) {
    statistics.failures += 1
    iommus[number].faultStatus |= fault
    iommus[number].isBusy = false
  }

  /// The IOMMU has done what the command that it works on says.
  func completeCommand(of number: Int, session: UInt32) {
    guard iommus[number].session == session else { return }
    iommus[number].isBusy = false
    let head = iommus[number].queueHead
    let reversed = iommus[number].reversed ?? (count: 1, done: 0)
    let command = command(
      at: place(reversed.count - 1 - reversed.done, after: head), number)
    guard perform(command, number) else {
      stop(number, invalidCommandError)
      return
    }
    if reversed.done + 1 < reversed.count {
      iommus[number].reversed = (reversed.count, reversed.done + 1)
    } else {
      iommus[number].reversed = nil
      iommus[number].queueHead = place(reversed.count, after: head)
    }
    if iommus[number].queueHead == iommus[number].abortedUpTo {
      iommus[number].abortedUpTo = nil
    }
    workOn(number)
  }

  private func place(_ count: UInt64, after place: UInt64) -> UInt64 {
    (place + count * commandSize) & (FrameNumber.size - 1)
  }

  /// A command of the queue.
  private func command(at place: UInt64, _ number: Int) -> QueuedCommand {
    switch configuration.architecture {
    case .x86:
      let queue = iommus[number].queueAddress & ~(FrameNumber.size - 1)
      let address = PhysicalAddress(queue) + place
      return .vtd(
        VTdDescriptor(low: read(address), high: read(address + 8)))
    case .riscvSv39, .riscvSv48:
      let base = RISCVIOMMURegister.QueueBase.frame.read(
        iommus[number].riscv.queueBase)
      let address = FrameNumber(base).address + place
      return .riscv(
        RISCVIOMMUCommand(low: read(address), high: read(address + 8)))
    case .aarch64:
      let base = iommus[number].smmu.queueBase & SMMUv3Entry.address.mask
      let address =
        PhysicalAddress(base & ~(FrameNumber.size - 1)) + place
      return .smmu(
        SMMUv3Command(low: read(address), high: read(address + 8)))
    }
  }

  private var commandSize: UInt64 {
    switch configuration.architecture {
    case .x86: VTdDescriptor.size
    case .riscvSv39, .riscvSv48: RISCVIOMMUCommand.size
    case .aarch64: SMMUv3Command.size
    }
  }

  private var queueErrors: UInt64 {
    switch configuration.architecture {
    case .x86: VTdRegister.Fault.all
    case .riscvSv39, .riscvSv48: RISCVIOMMURegister.Queue.errors
    case .aarch64: SMMUv3Register.Errors.queue.mask
    }
  }

  private var invalidCommandError: UInt64 {
    switch configuration.architecture {
    case .x86: VTdRegister.Fault.queue.mask
    case .riscvSv39, .riscvSv48: RISCVIOMMURegister.Queue.illegal.mask
    case .aarch64: SMMUv3Register.Errors.queue.mask
    }
  }

  private var timeOutError: UInt64 {
    switch configuration.architecture {
    case .x86: VTdRegister.Fault.timeOut.mask
    case .riscvSv39, .riscvSv48: RISCVIOMMURegister.Queue.timeOut.mask
    case .aarch64: SMMUv3Register.Errors.queue.mask
    }
  }

  /// Takes note of what was put into a queue.
  func announceCommands(of number: Int) {
    while iommus[number].hasQueue,
      iommus[number].announced != iommus[number].queueTail
    {
      let command = command(at: iommus[number].announced, number)
      iommus[number].announced = place(1, after: iommus[number].announced)
      statistics.descriptors += 1
      guard let request = command.request else { continue }
      statistics.invalidationRequests += 1
      record(.submitted(request, iommu: number))
    }
  }

  private func perform(_ command: QueuedCommand, _ number: Int) -> Bool {
    let isValid =
      switch command {
      case .vtd(let descriptor): perform(descriptor, number)
      case .riscv(let command): perform(command, number)
      case .smmu(let command): perform(command, number)
      }
    if isValid, let request = command.request {
      record(.invalidated(request, iommu: number))
    }
    return isValid
  }

  // MARK: What goes wrong

  /// Makes an IOMMU fail at the next command to which that can happen.
  ///
  /// - Parameters:
  ///   - kind: The failure.
  ///   - iommu: The number of the IOMMU.
  public func planFailure(_ kind: FailureKind, of iommu: Int) {
    iommus[iommu].planned.append(kind)
  }

  /// What happens to a command instead of its completion.
  private func failure(
    of command: QueuedCommand, _ number: Int
  ) -> FailureKind? {
    if isStarting { return nil }
    func canHappen(_ kind: FailureKind) -> Bool {
      switch kind {
      case .descriptor: command.request != nil
      case .device: command.isDeviceRequest
      case .late: command.keepsOrder
      case .stuck: true
      }
    }
    if let index = iommus[number].planned.firstIndex(where: canHappen) {
      return iommus[number].planned.remove(at: index)
    }
    guard let rate = configuration.failures, canHappen(rate.kind),
      iommus[number].chances.next() >> 11
        < UInt64(rate.probability * 0x1p53)
    else { return nil }
    return rate.kind
  }
}
