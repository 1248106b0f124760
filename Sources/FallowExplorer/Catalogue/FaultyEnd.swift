// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// The end of a space that devices share with one thing done wrong, beside
/// operations of the library.
struct FaultyEnd: Model {
  /// What is done wrong.
  enum Fault: UInt8, Sendable {
    /// Whether devices share it is not looked at.
    case ignoresDevices
    /// The last device's entry is cleared, and the root goes at once.
    case afterClearing
    /// The last device leaves; its IOMMU has not answered when the root goes.
    case beforeAnswer
    /// The last device leaves; that its IOMMU does not answer is overlooked.
    case ignoresAnswer
    /// The IOMMU forgets the translations, and keeps the entry.
    case keepsEntry
    /// The IOMMU forgets the entry, and keeps the translations.
    case keepsTranslations
    /// The root goes twice.
    case twice
  }

  let library: LibraryModel<TwoByTwo, Reclaimer<SteppingDriver>, SteppingDriver>
  let fault: Fault

  private var machine: SteppingMachine { library.space.platform }
  private var driver: SteppingDriver { library.sharing.driver }

  func perform(
    _ operation: Operation, on slot: Slot
  ) throws(Stop) -> Bool {
    guard operation == .end else {
      return try library.perform(operation, on: slot)
    }
    let root = slot.root(on: machine)
    switch fault {
    case .ignoresDevices: break
    case .afterClearing:
      try machine.lock(.sharing)
      try driver.detach(slot.device, from: slot.pasidNumber)
      try machine.withdraw(slot)
      try machine.unlock(.sharing)
    case .beforeAnswer: try leave(slot, waits: false)
    case .ignoresAnswer, .keepsEntry, .keepsTranslations:
      try leave(slot, waits: true)
    case .twice: try machine.free(root, order: 0)
    }
    try machine.free(root, order: 0)
    return true
  }

  private func leave(_ slot: Slot, waits: Bool) throws(Stop) {
    try machine.lock(.sharing)
    try driver.detach(slot.device, from: slot.pasidNumber)
    if fault != .keepsTranslations {
      try driver.submit(
        InvalidationRequest(pasid: slot.pasidNumber, range: nil),
        to: slot.iommu)
    }
    let ticket = try driver.fence(slot.iommu)
    try machine.withdraw(slot)
    try machine.unlock(.sharing)
    if waits { _ = try driver.wait(for: ticket, on: slot.iommu) }
  }
}
