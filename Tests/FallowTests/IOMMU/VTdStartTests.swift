// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// What VT-d's driver checks before it relies on it.
@Suite struct VTdStartTests {
  private typealias Driver = VTd<ScriptedKernel>
  private typealias Capability = VTdRegister.Capability
  private typealias Extended = VTdRegister.ExtendedCapability

  private let device = Device(iommu: 0, requester: 8)

  private func withModel(
    _ body: (VTdModel, Driver, HostedMachine) throws -> Void
  ) rethrows {
    try RegisterScript.run { script, kernel, machine in
      let model = VTdModel(kernel)
      script.model = model
      guard let driver = Driver.make(on: kernel) else {
        preconditionFailure("no frames")
      }
      try body(model, driver, machine)
    }
  }

  @Test(arguments: [
    (Extended.scalable, IOMMUFeature.scalableMode),
    (Extended.firstStage, .pageTableFormat),
    (Extended.queue, .invalidationQueue),
    (Extended.coherent, .coherentStructures),
  ])
  func anExtendedCapabilityThatIsMissingIsNamed(
    field: BitField, feature: IOMMUFeature
  ) {
    withModel { model, driver, machine in
      let free = machine.freeFrames
      model.extended &= ~field.mask
      #expect(driver.start(0) == .lacks(feature))
      #expect(machine.freeFrames == free)
      #expect(model.status == 0 && model.rootTable == 0)
    }
  }

  @Test(arguments: [
    (Capability.drainsReads, IOMMUFeature.drainedInvalidations),
    (Capability.drainsWrites, .drainedInvalidations),
    (Capability.gigabyteLeaves, .largeLeaves),
  ])
  func aCapabilityThatIsMissingIsNamed(
    field: BitField, feature: IOMMUFeature
  ) {
    withModel { model, driver, _ in
      model.capability &= ~field.mask
      #expect(driver.start(0) == .lacks(feature))
    }
  }

  @Test func storesThatNeedAFlushAreRefused() {
    withModel { model, driver, _ in
      model.capability |= Capability.writeBuffer.mask
      #expect(driver.start(0) == .lacks(.unbufferedStores))
    }
  }

  @Test func aKernelWithoutLargeLeavesStartsAnIOMMUWithoutThem() throws {
    try RegisterScript.run { script, kernel, _ in
      let model = VTdModel(kernel)
      script.model = model
      model.capability &= ~Capability.gigabyteLeaves.mask
      let driver = try #require(Driver.make(on: kernel))
      #expect(driver.start(0, maxLeafLevel: 2) == .started)
      #expect(driver.capabilities(of: 0).maxLeafLevel == 2)
    }
  }

  @Test(arguments: [-1, 32, 40, Int.max])
  func aNumberBeyondTheIOMMUsIsRefused(iommu: Int) {
    withModel { _, driver, _ in
      let device = Device(iommu: iommu, requester: 8)
      #expect(driver.start(iommu) == .noSuchIOMMU)
      #expect(driver.add(device) == .noSuchIOMMU)
      #expect(
        driver.attach(FrameNumber(1), to: device, as: PASID(1))
          == .unknownDevice)
      #expect(!driver.isAttached(PASID(1), on: iommu))
      driver.abandon(iommu)
      driver.detach(device, from: PASID(1))
      driver.forget(device, as: PASID(1))
      driver.isolate(device)
      driver.remove(device)
    }
  }

  /// The frame behind the control frame is somebody else's.
  @Test func aRequestToANumberBeyondTheIOMMUsTraps() async {
    await #expect(processExitsWith: .failure) {
      RegisterScript.run { script, kernel, _ in
        script.model = VTdModel(kernel)
        VTd.make(on: kernel)?.submit(
          InvalidationRequest(pasid: PASID(1), range: nil), to: 32)
      }
    }
    await #expect(processExitsWith: .failure) {
      RegisterScript.run { script, kernel, _ in
        script.model = VTdModel(kernel)
        _ = VTd.make(on: kernel)?.fence(32)
      }
    }
  }

  @Test func aSecondStartIsRefused() {
    withModel { model, driver, _ in
      #expect(driver.start(0) == .started)
      let root = model.rootTable
      #expect(driver.start(0) == .alreadyStarted)
      #expect(model.rootTable == root)
    }
  }

  @Test func nothingIsLostWhereFramesRunOut() {
    for budget in 0..<2 {
      withModel { _, driver, machine in
        let free = machine.freeFrames
        machine.allocationsLeft = budget
        #expect(driver.start(0) == .outOfFrames)
        machine.allocationsLeft = .max
        #expect(machine.freeFrames == free)
        #expect(driver.start(0) == .started)
      }
    }
  }

  @Test func translationThatFirmwareLeftOnIsSwitchedOffFirst() {
    withModel { model, driver, _ in
      model.status =
        VTdRegister.Global.translation.mask
        | VTdRegister.Global.queue.mask
      #expect(driver.start(0) == .started)
      #expect(model.violations.isEmpty)
      #expect(VTdRegister.Global.translation.isSet(in: model.status))
    }
  }

  @Test(arguments: [VTdRegister.Global.translation, VTdRegister.Global.queue])
  func whatDoesNotSwitchOffIsLeftAlone(bit: BitField) {
    withModel { model, driver, _ in
      model.status = bit.mask
      model.stuckBits = bit.mask
      #expect(driver.start(0) == .unanswered)
      #expect(model.violations.isEmpty)
    }
  }

  /// The IOMMU may read the table that it was given, whatever became of the
  /// start: the next one gives it the same.
  @Test(arguments: [
    VTdRegister.Global.rootTable, VTdRegister.Global.queue,
    VTdRegister.Global.translation,
  ])
  func aStartThatGoesUnansweredTakesItsFramesOnce(bit: BitField) {
    withModel { model, driver, machine in
      let free = machine.freeFrames
      model.deafBits = bit.mask
      for _ in 0..<5 {
        #expect(driver.start(0) == .unanswered)
        #expect(machine.freeFrames == free - 2)
        #expect(machine.kernel.typeWord(of: model.table).isFree == false)
      }
      model.deafBits = 0
      #expect(driver.start(0) == .started)
      #expect(machine.freeFrames == free - 2)
      #expect(driver.add(device) == .added)
    }
  }

  @Test func aQueueThatDoesNotGoOffIsNotMoved() {
    withModel { model, driver, _ in
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let scheme = Reclaimer(sharing: Sharing(driver: driver))
      model.stuckBits = VTdRegister.Global.queue.mask
      model.isDead = true
      #expect(scheme.makeLeave(device) == .unanswered)
      #expect(model.violations.isEmpty)
    }
  }

  // MARK: Devices and spaces

  @Test func aDeviceIsAddedOnce() {
    withModel { _, driver, machine in
      #expect(driver.add(device) == .noSuchIOMMU)
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let free = machine.freeFrames
      #expect(driver.add(device) == .alreadyKnown)
      #expect(machine.freeFrames == free)
    }
  }

  @Test func aDeviceTLBNeedsAnIOMMUThatInvalidatesIt() {
    withModel { model, driver, _ in
      model.extended &= ~Extended.deviceTLBs.mask
      #expect(driver.start(0) == .started)
      #expect(driver.add(device, tlb: DeviceTLB()) == .noDeviceTLBs)
      #expect(driver.add(device) == .added)
    }
  }

  @Test func aDeviceIsNotAddedWhileItIsExpelled() {
    RegisterScript.run { script, kernel, machine in
      let model = VTdModel(kernel)
      script.model = model
      guard let driver = Driver.make(on: kernel) else { return }
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let scheme = Reclaimer(sharing: Sharing(driver: driver))
      model.isDead = true
      var added: AddOutcome?
      script.onWait = {
        script.onWait = nil
        added = driver.add(device)
        #expect(
          scheme.bind(
            kernel.allocate(order: 0), to: device, as: PASID(1)) == .leaving)
        model.isDead = false
        model.work()
      }
      #expect(scheme.makeLeave(device) == .left)
      #expect(added == .leaving)
      let entry = driver.contextEntry(of: device, makesTable: false)
      #expect(entry.map { kernel.load($0) } == 0)
      #expect(driver.add(device) == .added)
    }
  }

  @Test(
    arguments: [
      (20, 1, BindOutcome.bound), (20, 32_767, .bound),
      (20, 32_768, .pasidTooWide), (20, .max >> 1, .pasidTooWide),
      (8, 255, .bound), (8, 256, .pasidTooWide), (0, 1, .pasidTooWide),
      (20, 0, .pasidReserved), (0, 0, .pasidReserved),
    ] as [(UInt64, UInt32, BindOutcome)])
  func theWidthOfAPASIDIsTheIOMMUs(
    bits: UInt64, pasid: UInt32, outcome: BindOutcome
  ) {
    withModel { model, driver, machine in
      model.extended &= ~(Extended.pasids.mask | Extended.pasidSize.mask)
      if bits > 0 {
        model.extended |= Extended.pasids(1) | Extended.pasidSize(bits - 1)
      }
      #expect(driver.start(0) == .started)
      #expect(driver.capabilities(of: 0).pasidBits == Int(min(bits, 15)))
      #expect(driver.add(device) == .added)
      let root = machine.kernel.allocate(order: 0)
      #expect(driver.attach(root, to: device, as: PASID(pasid)) == outcome)
    }
  }

  @Test func requestsWithoutAPASIDHaveASpaceOfTheirOwn() {
    withModel { _, driver, machine in
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let roots = (0..<3).map { _ in machine.kernel.allocate(order: 0) }
      func attach(_ root: Int, _ pasid: PASID) -> BindOutcome {
        driver.attach(roots[root], to: device, as: pasid)
      }
      #expect(attach(0, PASID(1)) == .bound)
      #expect(attach(1, .without(tag: 1)) == .bound)
      #expect(attach(2, .without(tag: 2)) == .pasidNotFree)
      #expect(driver.isAttached(PASID(1), on: 0))
      #expect(driver.isAttached(.without(tag: 1), on: 0))
      #expect(!driver.isAttached(.without(tag: 2), on: 0))
      driver.detach(device, from: .without(tag: 2))
      driver.forget(device, as: .without(tag: 2))
      #expect(driver.isAttached(.without(tag: 1), on: 0))
      #expect(attach(0, .without(tag: .max)) == .pasidTooWide)
    }
  }

  /// So the CPUs' flush is enough for the leaves of the kernel half: no device
  /// uses them.
  @Test func noDeviceHasSupervisorPrivilege() throws {
    try withModel { _, driver, machine in
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let root = machine.kernel.allocate(order: 0)
      for number in [PASID(1), .without(tag: 1)] {
        #expect(driver.attach(root, to: device, as: number) == .bound)
        let entry = try #require(
          driver.entry(naming: VTdSpace(number), of: device))
        #expect(
          !VTdEntry.Space.supervisor.isSet(in: machine.kernel.load(entry + 16))
        )
      }
    }
  }

  /// Their translations would have the same tags.
  @Test(arguments: [PASID(1), PASID.without(tag: 1)])
  func twoRootsUnderOneNumberAreRefused(pasid: PASID) {
    withModel { _, driver, machine in
      #expect(driver.start(0) == .started)
      let other = Device(iommu: 0, requester: 9)
      #expect(driver.add(device) == .added)
      #expect(driver.add(other) == .added)
      let roots = (0..<2).map { _ in machine.kernel.allocate(order: 0) }
      #expect(driver.attach(roots[0], to: device, as: pasid) == .bound)
      #expect(driver.attach(roots[1], to: other, as: pasid) == .pasidNotFree)
      #expect(driver.attach(roots[0], to: other, as: pasid) == .bound)
    }
  }

  // MARK: Invalidations

  @Test func anUnbindDropsTheEntryBeforeTheTranslations() {
    withModel { model, driver, machine in
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let scheme = Reclaimer(sharing: Sharing(driver: driver))
      let root = machine.kernel.allocate(order: 0)
      #expect(scheme.bind(root, to: device, as: PASID(1)) == .bound)
      _ = model.takeKinds()
      #expect(scheme.unbind(root, from: device, as: PASID(1)) == .left)
      #expect(model.takeKinds() == [.pasidCache, .wait, .pasidIOTLB, .wait])
    }
  }

  @Test func inCachingModeWhatBecomesPresentIsDropped() {
    for isCaching in [false, true] {
      withModel { model, driver, machine in
        model.capability |= Capability.cachingMode(isCaching ? 1 : 0)
        #expect(driver.start(0) == .started)
        _ = model.takeKinds()
        #expect(driver.add(device) == .added)
        #expect(
          model.takeKinds() == (isCaching ? [.contextCache, .wait] : []))
        let root = machine.kernel.allocate(order: 0)
        let scheme = Reclaimer(sharing: Sharing(driver: driver))
        #expect(scheme.bind(root, to: device, as: PASID(1)) == .bound)
        #expect(
          model.takeKinds()
            == (isCaching ? [.pasidCache, .wait, .pasidIOTLB, .wait] : []))
      }
    }
  }

  @Test func withoutPageSelectiveRequestsTheWholePASIDIsDropped() {
    withModel { model, driver, _ in
      model.capability &= ~Capability.pageSelective.mask
      #expect(driver.start(0) == .started)
      model.descriptors = []
      let page = VirtualRange(start: VirtualAddress(0x4000), size: 4096)
      driver.submit(
        InvalidationRequest(pasid: PASID(1), range: page), to: 0)
      _ = driver.fence(0)
      let granularity = model.descriptors.first.map {
        VTdDescriptor.Field.granularity.read($0.low)
      }
      #expect(granularity == VTdDescriptor.Granularity.space.rawValue)
    }
  }

  @Test func aDeviceTLBIsAskedAsItsCapabilitySays() {
    withModel { model, driver, machine in
      #expect(driver.start(0) == .started)
      let function = Device(iommu: 0, requester: 0x0812)
      let tlb = DeviceTLB(queueDepth: 5, physicalFunction: 0x0801)
      #expect(driver.add(function, tlb: tlb) == .added)
      let root = machine.kernel.allocate(order: 0)
      typealias Field = VTdDescriptor.Field
      for (pasid, kind) in [
        (PASID(7), VTdDescriptor.Kind.pasidDeviceTLB),
        (.without(tag: 7), .deviceTLB),
      ] {
        #expect(driver.attach(root, to: function, as: pasid) == .bound)
        model.descriptors = []
        driver.submit(InvalidationRequest(pasid: pasid, range: nil), to: 0)
        _ = driver.fence(0)
        guard
          let asked = model.descriptors.first(where: {
            model.kind(of: $0) == kind
          })
        else {
          Issue.record("no request for the device")
          continue
        }
        let hasPASID = kind == .pasidDeviceTLB
        let depth = hasPASID ? Field.depth : Field.plainDepth
        let source = hasPASID ? Field.source : Field.plainSource
        let size = hasPASID ? Field.size : Field.plainSize
        #expect(depth.read(asked.low) == 5)
        #expect(source.read(asked.low) == 0x0812)
        #expect(Field.functionLow.read(asked.low) == 0x1)
        #expect(Field.functionHigh.read(asked.low) == 0x080)
        #expect(size.isSet(in: asked.high))
        if hasPASID { #expect(Field.pasid.read(asked.low) == 7) }
      }
    }
  }

  @Test func everyFailedAllocationIsRolledBack() throws {
    for budget in 0..<4 {
      try withModel { _, driver, machine in
        typealias Scheme = Reclaimer<Driver>
        #expect(driver.start(0) == .started)
        let scheme = Scheme(sharing: Sharing(driver: driver))
        let space = try #require(
          KernelTree<X86FourLevel, Scheme>.make(scheme: scheme))
        let user = try #require(
          UserTree<X86FourLevel, Scheme>.make(copying: space))
        let pasid = PASID(300)
        machine.allocationsLeft = budget
        let added = driver.add(device)
        let bound = scheme.bind(user.root, to: device, as: pasid)
        machine.allocationsLeft = .max
        #expect(added == (budget > 1 ? .added : .outOfFrames))
        #expect((bound == .bound) == (budget > 2))
        #expect((bound == .bound) != scheme.sharing.isUnused())
        if added != .added { #expect(driver.add(device) == .added) }
        if bound != .bound {
          #expect(scheme.bind(user.root, to: device, as: pasid) == .bound)
        }
        #expect(scheme.unbind(user.root, from: device, as: pasid) == .left)
        #expect(scheme.sharing.isUnused())
        let before = machine.freeFrames
        #expect(scheme.makeLeave(device) == .left)
        #expect(machine.freeFrames == before + 2)
      }
    }
  }
}
