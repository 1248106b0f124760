// SPDX-License-Identifier: Apache-2.0

/// What can be tried in the state that the machine is in.
extension Stepper {
  /// Adds the actions that the state offers, each without its choices, in the
  /// order in which a search takes them.
  ///
  /// An actor's may turn out to be blocked.
  func addOffers(to offers: inout [Action]) {
    for actor in 0..<layout.actors { addOffers(of: actor, to: &offers) }
    if core.hasRequest { offers.append(Action(.settle, 0)) }
    for iommu in 0..<layout.iommus where core.hasOwnStep(iommu) {
      offers.append(Action(.carryOut, iommu))
      if core.mayFailNow, !core.mergesQueues {
        offers.append(Action(.failure, iommu))
      }
    }
    if layout.bufferWords > 0 {
      for cpu in 0..<layout.firstInterrupt where core.isBuffering(cpu) {
        offers.append(Action(.drain, cpu))
      }
    }
    if layout.walkersSetBits { addMarks(to: &offers) }
    if core.setsFlagsOfTables {
      for place in 1...layout.tablePlaces {
        offers.append(Action(.flag, 0, move: place))
      }
    }
    if mode == .concrete { addWalkerOffers(to: &offers) }
  }

  private func addOffers(of actor: Int, to offers: inout [Action]) {
    let header = state[layout.headers + actor]
    if core.isInterrupt(actor), header == 0,
      core.areInterruptsOff(core.cpu(of: actor))
    {
      return
    }
    if isInterrupted(actor) { return }
    if header >> 8 & 0xff != 0 {
      offers.append(
        Action(
          .turn, actor, move: Int(header >> 8 & 0xff) - 1,
          slot: Int(header >> 16 & 0xff)))
    } else if actor == layout.worker {
      guard state[Layout.flags] & 1 != 0 else { return }
      offers.append(Action(.begin, actor, move: Self.reclaimMove))
    } else if actor == layout.callback {
      guard core.hasCall(for: .callback) else { return }
      offers.append(Action(.begin, actor, move: Self.reclaimMove))
    } else {
      addMoves(of: actor, to: &offers)
    }
  }

  private func addMoves(of actor: Int, to offers: inout [Action]) {
    for index in unsafe moves.indices {
      guard unsafe moves[index].actors >> UInt8(actor) & 1 != 0 else {
        continue
      }
      for slot in unsafe slots.indices {
        let found = state[Layout.slotStates] >> UInt64(slot * 4) & 0xf
        if let from = unsafe moves[index].from {
          if UInt64(from.rawValue) != found { continue }
        } else if unsafe slots[slot].isBinding {
          continue
        }
        offers.append(Action(.begin, actor, move: index, slot: slot))
      }
    }
  }

  private func isInterrupted(_ cpu: Int) -> Bool {
    cpu < layout.cpus
      && (layout.firstInterrupt..<layout.actors).contains {
        state[layout.headers + $0] != 0 && layout.cpu(ofActor: $0) == cpu
      }
  }

  /// The bits that walkers can set in entries.
  private func addMarks(to offers: inout [Action]) {
    for frame in 0..<layout.frames {
      for index in 0..<layout.entriesPerTable {
        for choice in 0..<2 {
          offers.append(
            Action(.mark, 0, move: frame, slot: index, choice: choice))
        }
      }
    }
  }

  /// What a walker can do at a place; where IOMMUs do not snoop, one that reads
  /// can read what is in memory.
  private var walkerSteps: [(Action.Kind, choice: Int)] {
    let all: [(Action.Kind, choice: Int)] = [
      (.fill, 0), (.evict, 0), (.walk, 0), (.step, 0),
    ]
    return layout.iommusSnoop ? all : all + [(.fill, 1), (.step, 1)]
  }

  private func addWalkerOffers(to offers: inout [Action]) {
    for walker in 0..<layout.walkers {
      for place in 1...layout.places {
        for (kind, choice) in walkerSteps {
          offers.append(Action(kind, walker, move: place, choice: choice))
        }
      }
    }
  }

  /// The actors whose operation has begun and not ended, a bit each.
  func actorsAtWork(in cells: Cells) -> UInt8 {
    (0..<layout.actors).reduce(0) {
      cells[layout.headers + $1] == 0 ? $0 : $0 | 1 << UInt8($1)
    }
  }
}
