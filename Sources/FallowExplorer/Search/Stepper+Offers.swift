// SPDX-License-Identifier: Apache-2.0

/// What can be tried in the state that the machine is in.
extension Stepper {
  /// Adds the actions that the state offers, each without its choices, in the
  /// order in which a search takes them.
  ///
  /// An actor's may turn out to be blocked.
  func addOffers(to offers: inout [Action]) {
    for actor in 0..<layout.actors { addOffers(of: actor, to: &offers) }
    for iommu in 0..<layout.iommus where core.hasOwnStep(iommu) {
      offers.append(Action(.carryOut, iommu))
      if core.mayFail, !core.mergesQueues {
        offers.append(Action(.failure, iommu))
      }
    }
    if layout.bufferWords > 0 {
      for cpu in 0..<layout.firstInterrupt where core.isBuffering(cpu) {
        offers.append(Action(.drain, cpu))
      }
    }
    if mode == .concrete { addWalkerOffers(to: &offers) }
  }

  private func addOffers(of actor: Int, to offers: inout [Action]) {
    let header = state[layout.headers + actor]
    if core.isInterrupt(actor), header == 0, core.areInterruptsOff(0) { return }
    if actor == 0, isInterrupted { return }
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
      let move = unsafe moves[index]
      guard move.actors >> UInt8(actor) & 1 != 0 else { continue }
      for slot in unsafe slots.indices {
        let found = state[Layout.slotStates] >> UInt64(slot * 4) & 0xf
        if let from = move.from {
          if UInt64(from.rawValue) != found { continue }
        } else if unsafe slots[slot].isBinding {
          continue
        }
        offers.append(Action(.begin, actor, move: index, slot: slot))
      }
    }
  }

  private var isInterrupted: Bool {
    (layout.firstInterrupt..<layout.actors).contains {
      state[layout.headers + $0] != 0
    }
  }

  private func addWalkerOffers(to offers: inout [Action]) {
    for walker in 0..<layout.walkers {
      for place in 1...layout.places {
        for kind in [Action.Kind.fill, .evict, .walk, .step] {
          offers.append(Action(kind, walker, move: place))
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
