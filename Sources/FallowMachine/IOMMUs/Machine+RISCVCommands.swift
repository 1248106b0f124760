// SPDX-License-Identifier: Apache-2.0

import Fallow

/// What the commands of a RISC-V IOMMU do.
extension Machine {
  /// Does what a command says; false if it is not legal.
  func perform(_ command: RISCVIOMMUCommand, _ number: Int) -> Bool {
    switch command.kind {
    case .deviceContexts: dropContexts(command.device, number)
    case .processContext:
      guard let device = command.device else { return false }
      iommus[number].riscv.processes[
        SimulatedIOMMU.name(device, command.process)] = nil
    case .translations: dropTranslations(command, number)
    case .fence: complete(command, number)
    case nil: return false
    }
    return true
  }

  private func dropContexts(_ device: UInt16?, _ number: Int) {
    guard let device else {
      iommus[number].riscv.devices = [:]
      iommus[number].riscv.processes = [:]
      return
    }
    iommus[number].riscv.devices[device] = nil
    iommus[number].riscv.processes = iommus[number].riscv.processes.filter {
      $0.key >> 32 != UInt64(device)
    }
  }

  private func dropTranslations(_ command: RISCVIOMMUCommand, _ number: Int) {
    let rules = configuration.riscvIOMMU
    let caches = iommus[number].translations
    let pages = command.page.map { PageWindow($0) }
    let tag = command.tag.map { self.tag(of: 0, $0) }
    let sparesGlobal = tag != nil && rules.tagSparesGlobalLeaves
    func isGone(_ key: CacheKey) -> Bool {
      let isMeant =
        key.tag == SimulatedCPU.globalTag
        ? !sparesGlobal : tag == nil || key.tag == tag
      return isMeant && pages.map { key.overlaps($0) } != false
    }
    caches.leaves.removeAll(where: isGone)
    if pages == nil || !rules.addressSparesTables {
      caches.removeStructures(where: isGone)
    }
  }

  /// A store of 4 bytes.
  private func complete(_ command: RISCVIOMMUCommand, _ number: Int) {
    typealias Field = RISCVIOMMUCommand.Field
    guard Field.hasAddress.isSet(in: command.low) else { return }
    let address = PhysicalAddress(Field.word.read(command.high) << 2)
    let word = PhysicalAddress(address.rawValue & ~7)
    let shift = (address.rawValue & 4) * 8
    let others = read(word) & ~(0xffff_ffff << shift)
    memory.store(
      others | Field.data.read(command.low) << shift, to: word.word,
      of: FrameNumber(containing: word))
    record(.answered(iommu: number))
  }
}
