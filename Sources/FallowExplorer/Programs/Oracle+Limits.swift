// SPDX-License-Identifier: Apache-2.0

extension Oracle {
  /// Whether it says that the explorer cannot judge the code, not that the code
  /// is wrong.
  package var isLimit: Bool {
    switch self {
    case .endlessLoop, .endlessOperation, .unannouncedStore, .outOfMemory,
      .tooManyCalls:
      true
    case .none, .staleWalk, .tornEntry, .leftoverEntry, .heldAtRelease,
      .staleTranslation, .staleLeaf, .staleRight, .endedWhileBound,
      .forbiddenWrite, .writeAfterFree, .mixedSizes,
      .heldByCPU, .walkInFlight, .invalidationSkipped,
      .releasedBeforeCompletion, .invalidationTooNarrow, .notWrittenBack,
      .lostDirtyBit,
      .failureIgnored,
      .releasedWhileLinked, .retiredWhileLinked, .unmarkedTable, .doubleFree,
      .wrongState, .accessToFree, .writeIntoQuarantine, .leak, .selfDeadlock,
      .deadlock, .waitsForEver, .livelock, .sleepInAtomic, .lockDiscipline,
      .wrongLookup, .idleInvalidation, .droppedToken, .ownProperty,
      .outOfBounds, .notRepeatable, .unknownOperation, .swallowedStop,
      .staleAbsence, .assertion, .badAddress, .badInstruction, .stackOverflow,
      .staleStack, .badFree, .useAfterFree, .queuedTwice:
      false
    }
  }
}
