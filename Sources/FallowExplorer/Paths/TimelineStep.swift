// SPDX-License-Identifier: Apache-2.0

/// One line of a timeline.
public struct TimelineStep: Equatable, Sendable {
  /// The actor: `CPU 0`, `worker`, `interrupt`, `IOMMU 0`, `device 0`.
  public var actor: String
  /// What it does, in the words of the protocol.
  public var step: String
  /// The file and line of the code that did it, or `hardware`.
  ///
  /// Where debug information has no line, the operation and the requirement of
  /// the platform that it used; see ``Outcome/namesLines``.
  public var source: String
  /// Where the frame in question stands after it.
  public var effect: String
  /// Whether it repeats for ever, with the steps after it.
  public var isRepeated = false
}

extension Outcome {
  /// What a program's fault was, for the end of a sentence.
  private var cause: String { detail.map { ": \($0)" } ?? "" }

  /// One sentence on what went wrong.
  public var sentence: String {
    let name = "frame \(frame)"
    return switch oracle {
    case .none: "Nothing went wrong."
    case .staleWalk: "A walker takes \(name) for a table that is not there."
    case .tornEntry: "An IOMMU can read a PASID's entry that is half written."
    case .leftoverEntry:
      "A walker can read of \(name) what its last owner left there."
    case .heldAtRelease: "A walker still held \(name) when it was given back."
    case .staleTranslation:
      "A translation that was read from \(name) outlived its release."
    case .staleLeaf:
      "A walker can still use a translation to a data page that was given away."
    case .staleRight:
      "A walker can still write where the right to write was taken away."
    case .endedWhileBound:
      "A root was given back while an IOMMU could still walk from it."
    case .writeAfterFree:
      "A walker can write a flag into \(name), which was given back."
    case .mixedSizes:
      "A walker can hold leaves of two sizes for one address."
    case .forbiddenWrite:
      "A register of an IOMMU was written while its manual forbids it."
    case .heldByCPU: "A CPU still held \(name) when it was given back."
    case .walkInFlight:
      "A walk under way across the invalidation still used \(name) when it "
        + "was given back."
    case .invalidationSkipped:
      "No IOMMU was asked between the unlink of \(name) and its release."
    case .releasedBeforeCompletion:
      "\(name.capitalizedFirst) was given back before the invalidation was "
        + "done."
    case .lostDirtyBit:
      "A store covered a dirty bit of \(name) that nobody had seen."
    case .notWrittenBack:
      "An IOMMU read in memory what was changed in a CPU's cache of \(frame)."
    case .invalidationTooNarrow:
      "The invalidation was done and did not cover what was cached of "
        + "\(name)."
    case .failureIgnored:
      "The invalidation failed, and \(name) was given back all the same."
    case .releasedWhileLinked:
      "\(name.capitalizedFirst) was given back while an entry pointed to it."
    case .retiredWhileLinked:
      "\(name.capitalizedFirst) was retired while an entry pointed to it."
    case .unmarkedTable:
      "\(name.capitalizedFirst) was linked into the kernel half without the "
        + "mark."
    case .doubleFree: "\(name.capitalizedFirst) was given back twice."
    case .wrongState:
      "\(name.capitalizedFirst) was not in the state that its holder said."
    case .accessToFree: "Someone used \(name) while it was free."
    case .writeIntoQuarantine: "Someone wrote into \(name), which is retired."
    case .leak: "Nobody will ever release \(name)."
    case .selfDeadlock: "A CPU waits for a lock that it holds itself."
    case .deadlock: "Nobody can go on\(cause)."
    case .waitsForEver:
      "An operation waits for what will never happen, once no other begins"
        + "\(cause)."
    case .livelock:
      "Operations go on for ever, even if no other begins\(cause)."
    case .sleepInAtomic: "Someone sleeps where sleeping is forbidden."
    case .lockDiscipline:
      "A lock was kept after its holder's operation, or given back by another."
    case .wrongLookup: "The tables say something else than what was mapped."
    case .idleInvalidation:
      "An invalidation was asked for while nothing was retired."
    case .droppedToken: "A token that held \(name) was dropped."
    case .ownProperty:
      "It does not hold that \(property ?? "a property of the user's does")."
    case .outOfBounds:
      "The code used an index that the machine does not have."
    case .notRepeatable:
      "An operation took another way when it ran again with the same answers."
    case .endlessOperation:
      "An operation makes more accesses than a log holds\(cause)."
    case .unknownOperation:
      "The scenario has an operation that the code does not know."
    case .swallowedStop:
      "An operation caught the error that stopped it, and went on."
    case .staleAbsence:
      "A CPU may still hold that an address is not mapped, which is."
    case .assertion: "What the code says must hold does not."
    case .badAddress:
      "The code uses an address that is none of its memory\(cause)."
    case .badInstruction:
      "The code divides by zero, or meets an instruction that is none."
    case .stackOverflow: "A stack overflows."
    case .staleStack: "The code uses the stack of an operation that has ended."
    case .badFree:
      "Memory is given back twice, or was not taken."
    case .useAfterFree: "The code uses memory that was given back."
    case .queuedTwice: "A callback is queued that waits already."
    case .tooManyCalls: "More calls wait than the explorer keeps."
    case .outOfMemory:
      "The code uses more memory than the explorer keeps\(cause)."
    case .unannouncedStore:
      "The code changes memory where the instrumentation does not see it"
        + "\(cause)."
    case .endlessLoop: "The code runs on without an access\(cause)."
    }
  }
}

extension String {
  fileprivate var capitalizedFirst: String {
    prefix(1).uppercased() + dropFirst()
  }
}
