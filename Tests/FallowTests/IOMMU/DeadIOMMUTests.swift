// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Fallow

/// An IOMMU that answers no more does not hold up the expulsion of its device.
@Suite struct DeadIOMMUTests {
  /// One CPU holds the sharing lock and waits for room, with a patience that
  /// outlasts the test; another expels the device.
  @Test(.timeLimit(.minutes(1)))
  func anExpulsionNeedsNoLockThatAWaiterForRoomKeeps() {
    RegisterScript.run { script, kernel, machine in
      let model = VTdModel(kernel)
      script.model = model
      let device = Device(iommu: 0, requester: 8)
      guard let driver = VTd.make(on: kernel) else { return }
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let scheme = Reclaimer(sharing: Sharing(driver: driver))
      let root = machine.kernel.allocate(order: 0)
      #expect(scheme.bind(root, to: device, as: PASID(1)) == .bound)
      model.isDead = true
      model.revives = true
      script.patience = .max
      let isWaiting = DispatchSemaphore(value: 0)
      script.onWait = { isWaiting.signal() }
      let waiter = Thread {
        kernel.lock(.sharing)
        for _ in 0..<200 {
          driver.submit(
            InvalidationRequest(pasid: PASID(1), range: nil), to: 0)
        }
        let ticket = driver.fence(0)
        kernel.unlock(.sharing)
        if driver.wait(for: ticket, on: 0) {
          Issue.record("what found no room was completed")
        }
        isWaiting.signal()
      }
      waiter.start()
      isWaiting.wait()
      #expect(scheme.makeLeave(device) == .left)
      isWaiting.wait()
      #expect(script.waitsInVain == 0)
      #expect(scheme.sharing.isUnused())
    }
  }
}
