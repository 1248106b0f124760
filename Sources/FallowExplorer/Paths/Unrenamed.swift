// SPDX-License-Identifier: Apache-2.0

extension Search {
  /// The steps of a search by the names that frames and slots have on a machine
  /// that takes them one after the other.
  ///
  /// A search renames those of every state that it keeps.
  func unrenamed(_ actions: [Action]) -> [Action] {
    guard options.reductions.contains(.frameSymmetry) else { return actions }
    let stepper = stepper()
    let layout = stepper.layout
    let swap =
      options.reductions.contains(.slotSymmetry)
      ? SlotSwap(scenario, layout: layout) : nil
    var canonical = Canonical(
      Renamer(layout: layout, fingerprint: stepper.fingerprint, swap: swap))
    defer { canonical.free() }
    // For each name the frame on the machine.
    var frames = Array(0..<layout.frames)
    var isSwapped = false
    func rename() {
      if canonical.make(from: stepper.state) { return }
      canonical.writeLogs(of: stepper.state)
      if canonical.renaming.swapsSlots { isSwapped.toggle() }
      let before = frames
      for frame in 0..<layout.frames {
        frames[canonical.renaming.name(of: frame)] = before[frame]
      }
      stepper.state.copy(from: canonical.cells, count: layout.size)
    }
    rename()
    return actions.map { action in
      var renamed = action
      if isSwapped, let swap { swap.exchange(in: &renamed) }
      let free = (0..<layout.frames).filter { stepper.core.isFree($0) }
      stepper.core.access = .none
      guard stepper.perform(action) else { return renamed }
      if stepper.core.access == .allocate,
        let taken = free.first(where: { !stepper.core.isFree($0) }),
        let choice = free.map({ frames[$0] }).sorted()
          .firstIndex(of: frames[taken])
      {
        renamed = renamed.choosing(choice)
      }
      rename()
      return renamed
    }
  }
}
