// SPDX-License-Identifier: Apache-2.0

/// What an operation asks of the machine: one of the platform's or the
/// driver's requirements.
public enum Access: UInt8, BitwiseCopyable, Sendable {
  case none
  case loadEntry, storeEntry, exchangeEntry, compareExchangeEntry, fill
  case loadField, storeField, compareExchangeField, addField
  case loadWord, storeWord, compareExchangeWord, exchangeWord
  case allocate, free
  case currentCPU, flushCPUs
  case enterReadSection, leaveReadSection, awaitReaders
  case lock, unlock, scheduleWorker, attempt
  case submit, submitEntry, fence, wait
  case loadRegister, storeRegister, await
  case readersHaveLeft, attach, detach, isolate
  case interruptCPUs, disableInterrupts, enableInterrupts, releasePages
  case publish
  case loadMemory, storeMemory, updateMemory
  case loadOwnField, storeOwnField, updateOwnField
  case lockMemory, unlockMemory, awaitMemory
  case lockOwnField, unlockOwnField, awaitOwnField
  case deferCall, takeCall, flushCalls, choose, drainStores

  /// Whether all that the CPU stored is seen before it: a full fence, or what
  /// hands something on.
  var waitsForStores: Bool {
    switch self {
    case .exchangeEntry, .compareExchangeEntry, .compareExchangeField,
      .addField, .compareExchangeWord, .exchangeWord, .allocate, .free,
      .enterReadSection, .scheduleWorker, .submit, .submitEntry,
      .storeRegister, .attach, .detach, .isolate, .interruptCPUs,
      .releasePages, .updateMemory, .updateOwnField, .lockMemory,
      .lockOwnField, .awaitMemory, .awaitOwnField, .deferCall, .takeCall,
      .flushCalls, .drainStores:
      true
    default: false
    }
  }

  /// Whether a turn of a loop that tries again can end with it.
  var endsTry: Bool {
    switch self {
    case .compareExchangeEntry, .compareExchangeField, .compareExchangeWord,
      .free:
      true
    default: false
    }
  }

  /// Whether its target is an entry of a table.
  var targetsEntry: Bool {
    switch self {
    case .loadEntry, .storeEntry, .exchangeEntry, .compareExchangeEntry, .fill:
      true
    default: false
    }
  }

  /// Whether its target is a frame, or in one.
  var targetsFrame: Bool {
    switch self {
    case .loadField, .storeField, .compareExchangeField, .addField, .free,
      .loadOwnField, .storeOwnField, .updateOwnField, .lockOwnField,
      .unlockOwnField, .awaitOwnField:
      true
    default: targetsEntry
    }
  }
}
