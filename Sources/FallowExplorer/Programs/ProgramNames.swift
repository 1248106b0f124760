// SPDX-License-Identifier: Apache-2.0

/// What a program calls its memory and its functions.
package struct ProgramNames: Sendable {
  /// The name of bytes of a word.
  package var place: @Sendable (MemoryPlace, WordPart) -> String
  /// The name of the function at a pointer.
  package var function: @Sendable (UInt64) -> String

  /// Names by debug information.
  package init(
    place: @escaping @Sendable (MemoryPlace, WordPart) -> String,
    function: @escaping @Sendable (UInt64) -> String
  ) {
    self.place = place
    self.function = function
  }
}

extension ProgramNames {
  /// What an access does, as a timeline says it; nil if it says nothing.
  ///
  /// The last access of a timeline is named whatever it is.
  func text(of step: ReplayedSteps.Step, isLast: Bool) -> String? {
    switch step.access {
    case .loadMemory, .loadOwnField: isLast ? "reads \(name(of: step))" : nil
    case .storeMemory, .storeOwnField: "writes \(name(of: step))"
    case .updateMemory, .updateOwnField: "changes \(name(of: step))"
    case .lockMemory, .lockOwnField: isLast ? "takes \(name(of: step))" : nil
    case .unlockMemory, .unlockOwnField:
      isLast ? "gives \(name(of: step)) back" : nil
    case .awaitMemory, .awaitOwnField: "has waited for \(name(of: step))"
    case .deferCall:
      switch step.target {
      case CallKind.worker.rawValue:
        step.value == 0 ? "finds its work queued" : "queues work"
      case CallKind.callback.rawValue: "queues a callback"
      default: "cancels work"
      }
    case .takeCall: "begins \(function(step.value))()"
    case .flushCalls: "has waited for calls"
    case .choose: "goes way \(step.value)"
    case .drainStores: "waits until its stores are seen"
    default: nil
    }
  }

  /// What an access that is blocked waits for; nil if it is no word of the
  /// program's.
  func waiting(_ step: ReplayedSteps.Step) -> String? {
    switch step.access {
    case .lockMemory, .lockOwnField, .awaitMemory, .awaitOwnField:
      "waits for \(name(of: step))"
    default: nil
    }
  }

  private func name(of step: ReplayedSteps.Step) -> String {
    let detail = step.access.targetsFrame ? step.detail >> 8 : step.detail
    return place(
      MemoryPlace(step.access, target: step.target, detail: step.detail),
      WordPart(code: detail))
  }
}
