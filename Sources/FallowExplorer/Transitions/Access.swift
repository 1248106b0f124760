// SPDX-License-Identifier: Apache-2.0

/// What an operation asks of the machine: one of the platform's or the
/// driver's requirements.
public enum Access: UInt8, BitwiseCopyable, Sendable {
  /// The end of an operation.
  case none
  /// A load of an entry of a table.
  case loadEntry
  /// A store to an entry.
  case storeEntry
  /// An exchange of an entry.
  case exchangeEntry
  /// A compare-exchange of an entry.
  case compareExchangeEntry
  /// Stores to many entries of a table that no one can reach.
  case fill
  /// A load of a word of a descriptor.
  case loadField
  /// A store to a word of a descriptor.
  case storeField
  /// A compare-exchange of a word of a descriptor.
  case compareExchangeField
  /// An addition to a count in a descriptor.
  case addField
  /// A load of a word of the kernel.
  case loadWord
  /// A store to a word of the kernel.
  case storeWord
  /// A compare-exchange of a word of the kernel.
  case compareExchangeWord
  /// An exchange of a word of the kernel.
  case exchangeWord
  /// The taking of a frame.
  case allocate
  /// The release of a frame.
  case free
  /// A question for the number of the actor's CPU.
  case currentCPU
  /// A flush of every CPU.
  case flushCPUs
  /// The beginning of a read section.
  case enterReadSection
  /// The end of a read section.
  case leaveReadSection
  /// A wait for the read sections that have begun.
  case awaitReaders
  /// The taking of a lock, which may block.
  case lock
  /// The release of a lock.
  case unlock
  /// A request that the worker run.
  case scheduleWorker
  /// Another turn of a loop that tries again.
  case attempt
  /// An invalidation, put into the queue of an IOMMU.
  case submit
  /// An invalidation of a PASID's entry, put into a queue.
  case submitEntry
  /// A wait, put into the queue of an IOMMU.
  case fence
  /// A wait for the completion of a fence.
  case wait
  /// A load of a register of an IOMMU.
  case loadRegister
  /// A store to a register of an IOMMU.
  case storeRegister
  /// A wait for a register of an IOMMU.
  case await
  /// A question whether a read section is under way.
  case readersHaveLeft
  /// The store that makes a PASID's entry present.
  case attach
  /// The store that makes a PASID's entry absent.
  case detach
  /// The removal of a device from the bus.
  case isolate
  /// A wait until every CPU has taken an interrupt.
  case interruptCPUs
  /// The end of interrupts on the actor's CPU.
  case disableInterrupts
  /// The return of interrupts on the actor's CPU.
  case enableInterrupts
  /// The handing of data pages to another owner.
  case releasePages
  /// What makes new entries visible to CPUs.
  case publish
  /// A load of a program's memory.
  case loadMemory
  /// A store to a program's memory.
  case storeMemory
  /// A read-modify-write of a program's memory.
  case updateMemory
  /// A load of a word that a program keeps in a descriptor.
  case loadOwnField
  /// A store to such a word.
  case storeOwnField
  /// A read-modify-write of such a word.
  case updateOwnField
  /// The taking of a lock in a program's memory.
  case lockMemory
  /// The release of such a lock.
  case unlockMemory
  /// A wait for a count in a program's memory.
  case awaitMemory
  /// The taking of a lock in a descriptor.
  case lockOwnField
  /// The release of such a lock.
  case unlockOwnField
  /// A wait for a count in a descriptor.
  case awaitOwnField
  /// A call that a program puts off.
  case deferCall
  /// The beginning of a call that was put off.
  case takeCall
  /// A wait for calls that were put off.
  case flushCalls
  /// A choice, each outcome of which is searched.
  case choose
  /// A wait until the CPU's stores are seen: a full fence.
  case drainStores
  /// The writing back of an entry from the CPUs' caches to memory.
  case writeBack
  /// The change of the ASID that a CPU walks under, or of its root.
  case loadASID
  /// A wait until the flushes that the CPU has issued are done, and its stores
  /// are seen.
  case awaitFlushes
  /// An access through the tables, by a CPU.
  case translate

  /// Whether all that the CPU stored is seen before it: a full fence, or what
  /// hands something on.
  var waitsForStores: Bool {
    switch self {
    case .exchangeEntry, .compareExchangeEntry, .compareExchangeField,
      .writeBack, .addField, .compareExchangeWord, .exchangeWord, .allocate,
      .free,
      .enterReadSection, .scheduleWorker, .submit, .submitEntry,
      .loadASID, .storeRegister, .attach, .detach, .isolate, .interruptCPUs,
      .releasePages, .updateMemory, .updateOwnField, .lockMemory,
      .lockOwnField, .awaitMemory, .awaitOwnField, .deferCall, .takeCall,
      .flushCalls, .drainStores, .awaitFlushes:
      true
    default: false
    }
  }

  /// Whether it gives a lock back or ends a read section: a store that waits
  /// where stores wait.
  var isRelease: Bool {
    switch self {
    case .unlock, .leaveReadSection, .unlockMemory, .unlockOwnField: true
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
  var targetsEntry: Bool { Self.ofEntries & bit != 0 }

  /// Whether its target is a frame, or in one.
  var targetsFrame: Bool { Self.ofFrames & bit != 0 }
}

/// Sets of kinds, a bit each, which are asked of every access of a log.
extension Access {
  /// What stands for the kind in a set.
  @inline(__always)
  var bit: UInt64 { 1 &<< UInt64(truncatingIfNeeded: rawValue) }

  /// Those whose target is an entry of a table.
  @inline(__always)
  static var ofEntries: UInt64 {
    loadEntry.bit | storeEntry.bit | exchangeEntry.bit
      | compareExchangeEntry.bit | fill.bit | writeBack.bit
  }

  /// Those whose target is a frame, or in one.
  @inline(__always)
  static var ofFrames: UInt64 {
    loadField.bit | storeField.bit | compareExchangeField.bit | addField.bit
      | free.bit | loadOwnField.bit | storeOwnField.bit | updateOwnField.bit
      | lockOwnField.bit | unlockOwnField.bit | awaitOwnField.bit | ofEntries
  }
}
