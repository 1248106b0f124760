// SPDX-License-Identifier: Apache-2.0

internal import Fallow

/// Joining and leaving with one thing done wrong, beside operations of the
/// library.
///
/// Devices share one space.
struct FaultyMember: Model {
  /// What is done wrong.
  enum Fault: UInt8, Sendable {
    /// The device walks before it is announced.
    case announcesLate
    /// A device behind a second IOMMU walks and is not announced.
    case neverAnnounces
    /// The device is withdrawn before its IOMMU has forgotten.
    case withdrawsEarly
    /// The device is withdrawn although its IOMMU did not answer.
    case withdrawsUnanswered
    /// The space is withdrawn, and the device can still walk.
    case keepsWalking
    /// The PASID is given up for the next bind, and nothing is forgotten.
    case reusesUnflushed
    /// The root is given back while the list of shared spaces leads through
    /// its descriptor.
    case freesRootFirst
    /// The worker's lock is taken under the sharing lock.
    case drainsUnderLock
  }

  let library: LibraryModel<TwoByTwo, Reclaimer<SteppingDriver>, SteppingDriver>
  let fault: Fault

  private var machine: SteppingMachine { library.space.platform }
  private var driver: SteppingDriver { library.sharing.driver }

  func perform(
    _ operation: Operation, on slot: Slot
  ) throws(Stop) -> Bool {
    switch (operation, fault) {
    case (.bind, .announcesLate):
      _ = try driver.attach(
        slot.root(on: machine), to: slot.device, as: slot.pasidNumber)
    case (.bind, .neverAnnounces) where slot.iommu > 0:
      _ = try driver.attach(
        slot.root(on: machine), to: slot.device, as: slot.pasidNumber)
      return true
    case (.bind, .drainsUnderLock):
      try machine.lock(.sharing)
      try machine.lock(.reclamation)
      try machine.unlock(.reclamation)
      try machine.unlock(.sharing)
    case (.unbind, .withdrawsEarly), (.unbind, .withdrawsUnanswered),
      (.unbind, .keepsWalking), (.unbind, .reusesUnflushed):
      try unbind(slot)
      return true
    case (.unbind, .freesRootFirst):
      try machine.free(slot.root(on: machine), order: 0)
    default: break
    }
    return try library.perform(operation, on: slot)
  }

  private func unbind(_ slot: Slot) throws(Stop) {
    try machine.lock(.sharing)
    if fault != .keepsWalking {
      try driver.detach(slot.device, from: slot.pasidNumber)
    }
    if fault == .keepsWalking || fault == .reusesUnflushed {
      try machine.withdraw(slot)
      return try machine.unlock(.sharing)
    }
    if fault == .withdrawsEarly { try machine.withdraw(slot) }
    try driver.submit(
      InvalidationRequest(pasid: slot.pasidNumber, range: nil), to: slot.iommu)
    let ticket = try driver.fence(slot.iommu)
    try machine.unlock(.sharing)
    _ = try driver.wait(for: ticket, on: slot.iommu)
    if fault == .withdrawsEarly { return }
    try machine.lock(.sharing)
    try machine.withdraw(slot)
    try machine.unlock(.sharing)
  }
}

extension SteppingMachine {
  /// Takes the only space that devices share off the list.
  func withdraw(_ slot: Slot) throws(Stop) {
    try store(0, to: .binding, of: slot.root(on: self))
    _ = try exchange(0, at: .sharedSpaces)
  }
}
