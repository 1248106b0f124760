// SPDX-License-Identifier: Apache-2.0

/// Locks and completions that are words of a program's memory.
extension SteppingMachine {
  /// Takes a lock: blocks while another actor holds it.
  ///
  /// As good later, if that others cannot take it is all that they notice.
  package func lock(_ place: MemoryPlace, _ part: WordPart) throws(Stop) {
    let access: Access = place.frame < 0 ? .lockMemory : .lockOwnField
    let (target, detail) = place.logged(part)
    // Also where it is answered: another thread may have made the access.
    core.noteLock(place, part)
    if try core.answer(access, target, detail) != nil { return }
    let cell = try core.cell(of: place)
    try core.beginNew(
      access, target, detail, isShared: true,
      mover: core.isPlainLock(place, part) ? .right : nil)
    try core.checkFrame(of: place)
    let holder = Int(part.value(in: core.cells[cell]))
    if holder != 0 {
      guard holder <= core.layout.actors else {
        throw core.fail(.lockDiscipline)
      }
      if core.cpu(of: holder - 1) == core.cpu(of: core.actor),
        holder - 1 == core.actor || core.isInterrupt(core.actor)
      {
        throw core.fail(.selfDeadlock)
      }
      if !core.waitsToRelease(place, part, holder - 1) {
        core.holders[core.actor] = UInt8(holder)
      }
      throw core.stop(.blocked)
    }
    core.cells[cell] = part.replacing(
      in: core.cells[cell], with: UInt64(core.actor + 1))
    try core.end(access, target, detail, 0)
  }

  /// Gives a lock back: a plain store, which waits where stores wait.
  ///
  /// As good earlier, if all that others notice is that they can take the lock:
  /// not if what it lies in may have been given back by then.
  package func unlock(_ place: MemoryPlace, _ part: WordPart) throws(Stop) {
    let access: Access = place.frame < 0 ? .unlockMemory : .unlockOwnField
    let (target, detail) = place.logged(part)
    if try core.answer(access, target, detail) != nil { return }
    let cell = try core.cell(of: place)
    let isLeft = core.isPlainLock(place, part) && !core.canBeFreed(place)
    try core.beginNew(
      access, target, detail, isShared: !isLeft || core.noticesReleases,
      mover: isLeft ? .left : nil)
    try core.checkFrame(of: place)
    let holder =
      core.buffersStores
      ? core.seen(place, part) : part.value(in: core.cells[cell])
    guard holder == UInt64(core.actor + 1) || core.runsThrough else {
      throw core.fail(.lockDiscipline)
    }
    if core.buffersStores {
      try core.put(place.buffered(part, value: 0))
    } else {
      core.cells[cell] = part.replacing(in: core.cells[cell], with: 0)
    }
    try core.end(access, target, detail, 0)
  }

  /// Waits until bytes hold another number than 0, and counts them down.
  package func waitUntilNonzero(_ place: MemoryPlace, _ part: WordPart)
    throws(Stop)
  {
    let access: Access = place.frame < 0 ? .awaitMemory : .awaitOwnField
    let (target, detail) = place.logged(part)
    if try core.answer(access, target, detail) != nil { return }
    let cell = try core.cell(of: place)
    try core.beginNew(access, target, detail, isShared: true, mover: nil)
    core.noteWait(for: place)
    try core.checkFrame(of: place)
    let count = part.value(in: core.cells[cell])
    if count == 0 { throw core.stop(.blocked) }
    core.cells[cell] = part.replacing(in: core.cells[cell], with: count &- 1)
    try core.end(access, target, detail, 0)
  }

  /// Waits until all that the actor's CPU stored is seen: a full fence.
  package func drainStores() throws(Stop) {
    guard core.buffersStores else { return }
    if try core.begin(.drainStores, 0) != nil { return }
    try core.end(.drainStores, 0, 0, 0)
  }
}

extension Core {
  /// Whether the store by which a lock is given back waits in its holder's
  /// buffer.
  func waitsToRelease(
    _ place: MemoryPlace, _ part: WordPart, _ holder: Int
  ) -> Bool {
    guard layout.bufferWords > 0 else { return false }
    let store = place.buffered(part, value: 0)
    return waiting(store.kind, store.target, store.index, on: cpu(of: holder))
      != nil
  }
}
