// SPDX-License-Identifier: Apache-2.0

/// What must not happen, each with a name of its own.
public enum Oracle: UInt8, CaseIterable, Sendable {
  /// Nothing went wrong.
  case none
  /// A walker can reach a frame that is no table of that place.
  case staleWalk
  /// An IOMMU can read a PASID's entry that is half written.
  case tornEntry
  /// A walker can read an entry that was there before the table was.
  case leftoverEntry
  /// A walker still held a table when its frame was given back.
  case heldAtRelease
  /// A device TLB or IOTLB holds a leaf that was read from a frame given back.
  case staleTranslation
  /// A walker still held a translation to a data page that was given away.
  case staleLeaf
  /// A CPU still held a table when its frame was given back.
  case heldByCPU
  /// Only a walk under way across the invalidation still held the table.
  case walkInFlight
  /// No IOMMU was asked between the unlink and the release.
  case invalidationSkipped
  /// The frame was given back before the invalidation completed.
  case releasedBeforeCompletion
  /// The invalidation completed and did not cover what was cached.
  case invalidationTooNarrow
  /// The invalidation completed, and an IOMMU that does not snoop still read in
  /// memory what a CPU had changed in its cache.
  case notWrittenBack
  /// The invalidation failed and the frame was given back all the same.
  case failureIgnored
  /// A table was given back while an entry still pointed to it.
  case releasedWhileLinked
  /// A table was retired while an entry still pointed to it.
  case retiredWhileLinked
  /// A table was linked into the kernel half without the mark.
  case unmarkedTable
  /// A frame was given back that was free already.
  case doubleFree
  /// A table was not in the state that its holder said.
  case wrongState
  /// Someone read or wrote a frame, or its descriptor, that was free.
  case accessToFree
  /// Someone wrote into a table that was retired.
  case writeIntoQuarantine
  /// A table that is retired, or empty, is on no list that anyone will look at.
  case leak
  /// A CPU waits for a lock that it holds itself.
  case selfDeadlock
  /// Nobody can go on.
  case deadlock
  /// An operation waits for what nobody will do, though others go on.
  case waitsForEver
  /// Operations go on for ever and never end.
  case livelock
  /// Someone slept where sleeping is forbidden.
  case sleepInAtomic
  /// A lock was given back that its holder did not hold.
  case lockDiscipline
  /// The tables say something else than what was mapped.
  case wrongLookup
  /// An invalidation was asked for while nothing was retired.
  case idleInvalidation
  /// A token was dropped.
  case droppedToken
  /// One of the user's own properties did not hold.
  case ownProperty
  /// Code used an entry, a word, a lock, a frame, an IOMMU or a space that the
  /// machine does not have.
  case outOfBounds
  /// An operation took another way when it ran again: it is not a function of
  /// its answers.
  case notRepeatable
  /// An operation made more accesses than a log holds.
  case endlessOperation
  /// A scenario has an operation that the code does not know.
  case unknownOperation
  /// An operation ended although an access of it was stopped: it caught the
  /// ``Stop``, which it has to hand on.
  case swallowedStop
  /// A CPU may still take an address for not mapped whose mapping has ended.
  case staleAbsence
  /// What a program says must hold did not.
  case assertion
  /// A program used an address that is none of its memory.
  case badAddress
  /// A program divided by zero, or met an instruction that is none.
  case badInstruction
  /// A program's stack overflowed.
  case stackOverflow
  /// A program used the stack of an operation that has ended.
  case staleStack
  /// A program gave memory back twice, or memory that it did not take.
  case badFree
  /// A program used memory that it gave back.
  case useAfterFree
  /// A callback was put off that waits already.
  case queuedTwice
  /// More calls wait than the machine keeps.
  case tooManyCalls
  /// A program uses more memory of a kind than the machine keeps.
  case outOfMemory
  /// A program changed memory where no one saw it.
  case unannouncedStore
  /// A program ran on and on without an access.
  case endlessLoop
  /// A plain store covered a dirty bit that a walker had set, and that nobody
  /// had seen.
  case lostDirtyBit
  /// A walker may still write where the right to write was taken away.
  case staleRight
  /// A root was given back while an IOMMU could still walk from it.
  case endedWhileBound
  /// A register of an IOMMU was written while the IOMMU's manual forbids it.
  case forbiddenWrite
  /// A walker may write a flag into a frame that was given back.
  case writeAfterFree
  /// A walker may hold leaves of two sizes for one address.
  case mixedSizes
}
