// SPDX-License-Identifier: Apache-2.0

import Fallow

/// How the ledger learns what happens to tables.
extension Machine {
  /// Now, and the actor.
  var moment: MachineMoment { MachineMoment(time: now, actor: actor) }

  /// Adds to the event log, if there is one.
  func record(_ kind: MachineEvent.Kind) {
    if recordsEvents { events.append(MachineEvent(time: now, kind: kind)) }
  }

  /// Someone is about to store the type word of a frame.
  func noteTypeWord(_ word: TypeWord, of frame: FrameNumber) {
    guard word.kind == .table else { return }
    let moment = moment
    let before = ledger.status(of: frame).role
    // Once it is gone it is no table, whatever the library still says of it.
    guard before.isInLife || word.state == .constructed else { return }
    switch word.state {
    case .constructed where before == .linked:
      // Another table was linked first: this one never was.
      ledger.setRole(.constructed, of: frame, order: word.order)
      ledger.change(frame) { $0.linked = nil }
      return
    case .constructed:
      ledger.open(
        TableRecord(
          frame: frame, order: word.order, level: word.level,
          isKernel: word[.kernelMark],
          generation: ledger.status(of: frame).generation,
          constructed: moment))
      record(.constructed(frame))
      return
    case .linked:
      let levels = configuration.architecture.levels
      ledger.change(frame) {
        $0.linked = moment
        // A root translates everything; of others the link says what.
        if $0.level == levels { $0.window = VirtualAddress(0) }
      }
    case .unlinked:
      ledger.change(frame) { $0.unlinked = $0.unlinked ?? moment }
    case .quarantined:
      ledger.change(frame) { $0.quarantined = $0.quarantined ?? moment }
      if before != .parked { record(.retired(frame)) }
    case .released:
      noteRelease(of: frame, order: word.order)
      return
    case .parked: record(.parked(frame))
    case .retained: break
    }
    ledger.setRole(
      FrameStatus.Role(word.state), of: frame, order: word.order)
  }

  /// A block ceases to be what it was.
  ///
  /// The first word of it counts: a proper release says so in the descriptor
  /// before the block is freed.
  func noteRelease(of block: FrameNumber, order: Int) {
    let role = ledger.status(of: block).role
    guard role != .released else { return }
    let moment = moment
    if ledger.table(block) != nil {
      ledger.change(block) { $0.released = $0.released ?? moment }
    }
    ledger.endGeneration(of: block, order: order)
    if role.isInLife { record(.released(block)) }
  }

  /// An entry of a table changed from `old` to `new`.
  func noteEntry(
    _ new: UInt64, insteadOf old: UInt64, at address: PhysicalAddress
  ) {
    if new == old { return }
    let status = ledger.status(of: FrameNumber(containing: address))
    guard status.isTable, status.level > 1 else { return }
    let level = Int(status.level)
    let tableBefore = table(in: old, level: level)
    let tableNow = table(in: new, level: level)
    if tableBefore == tableNow { return }
    if let tableBefore {
      let moment = moment
      ledger.change(tableBefore) { $0.unlinked = moment }
      record(.cleared(tableBefore))
    }
    if let tableNow { noteLink(of: tableNow, at: address) }
  }

  private func noteLink(of table: FrameNumber, at address: PhysicalAddress) {
    let moment = moment
    let window = window(of: address)
    ledger.change(table) {
      $0.linked = moment
      $0.unlinked = nil
      $0.window = window
    }
    record(.linked(table))
  }

  /// The first address that the entry at `address` translates.
  private func window(of address: PhysicalAddress) -> VirtualAddress? {
    guard
      let parent = ledger.table(FrameNumber(containing: address)),
      let start = parent.window
    else { return nil }
    let offset =
      UInt64(address.word) &<< X86FourLevel.spanShift(of: parent.level)
    let unused = UInt64(52 - 9 * configuration.architecture.levels)
    return start + VirtualAddress(offset).canonical(without: unused).rawValue
  }

  /// The table that an entry of a table of `level` points to, if it is a table
  /// and in the ledger as one.
  private func table(in entry: UInt64, level: Int) -> FrameNumber? {
    let address =
      switch configuration.architecture {
      case .x86: X86FourLevel.tableAddress(in: entry, level: level)
      case .riscvSv39: RISCVSv39.tableAddress(in: entry, level: level)
      case .riscvSv48: RISCVSv48.tableAddress(in: entry, level: level)
      case .aarch64: AArch64FourKiB.tableAddress(in: entry, level: level)
      }
    guard let address else { return nil }
    let frame = FrameNumber(containing: address)
    return ledger.status(of: frame).isTable ? frame : nil
  }
}

extension VirtualAddress {
  /// The address with its `unused` upper bits as they must be.
  func canonical(without unused: UInt64) -> Self {
    let upper = Int64(bitPattern: rawValue &<< unused)
    return Self(UInt64(bitPattern: upper &>> Int64(unused)))
  }
}

extension PageTableFormat {
  /// The address of the table that an entry points to; nil if it points to
  /// none.
  @inline(__always)
  static func tableAddress(
    in entry: UInt64, level: Int
  ) -> PhysicalAddress? {
    guard isPresent(entry), !isLeaf(entry, level: level) else { return nil }
    return address(in: entry, level: level)
  }
}
