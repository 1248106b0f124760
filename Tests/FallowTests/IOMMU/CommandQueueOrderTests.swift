// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// What each party of a queue sees of the others' steps: the IOMMU, the waiter
/// that handles an error, and a waiter whose wait the error made void.
///
/// The search of the catalogue has two of them at most; here the third acts
/// between two accesses of the others.
@Suite struct CommandQueueOrderTests {
  /// A waiter that sees its wait completed must see that it is void.
  @Test func aWaitIsVoidBeforeTheIOMMUGoesOn() {
    TogglingModel.run { model, queue, _, _ in
      queue.put(TogglingCommand(low: 9), on: 0)
      let ticket = queue.fence(0)
      var wasVoid = false
      model.onAcknowledge = {
        wasVoid = QueueTicket(rawValue: ticket).isVoid(
          if: queue.control.load(.failed, of: 0))
      }
      #expect(!queue.wait(for: ticket, on: 0))
      #expect(model.onAcknowledge == nil)
      #expect(wasVoid)
    }
  }

  /// Another waiter handles the error after this one began to look.
  @Test func whetherAWaitIsVoidIsLookedUpAfterItsCompletion() {
    TogglingModel.run { model, queue, _, _ in
      queue.put(TogglingCommand(low: 9), on: 0)
      let ticket = queue.fence(0)
      model.onHeadRead = { queue.recover(0) }
      #expect(!queue.wait(for: ticket, on: 0))
      #expect(model.done == [3, 2])
    }
  }

  /// Another waiter handles the error as soon as the IOMMU reports it.
  @Test func whatTheIOMMUMayFetchIsRecordedBeforeTheBell() {
    TogglingModel.run { model, queue, _, _ in
      queue.put(TogglingCommand(low: 9), on: 0)
      model.onBell = { queue.recover(0) }
      let ticket = queue.fence(0)
      #expect(model.done == [3, 2])
      #expect(!queue.wait(for: ticket, on: 0))
    }
  }

  /// Two that acknowledge one error by toggling would report a new one.
  @Test func anErrorIsHandledUnderTheQueuesLock() {
    TogglingModel.run { model, queue, _, machine in
      queue.put(TogglingCommand(low: 9), on: 0)
      let ticket = queue.fence(0)
      var wasHeld = false
      model.onErrorRead = { wasHeld = machine.isHeld(.queue(of: 0)) }
      var isHeldAtEnd = false
      model.onAcknowledge = { isHeldAtEnd = machine.isHeld(.queue(of: 0)) }
      #expect(!queue.wait(for: ticket, on: 0))
      #expect(wasHeld && isHeldAtEnd)
      #expect(!machine.isHeld(.queue(of: 0)))
    }
  }
}
