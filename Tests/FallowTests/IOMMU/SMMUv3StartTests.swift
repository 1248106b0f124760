// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// What the SMMUv3 driver checks before it relies on it, and what it writes.
@Suite struct SMMUv3StartTests {
  private typealias Driver = SMMUv3<ScriptedKernel>
  private typealias Identification = SMMUv3Register.Identification

  private let device = Device(iommu: 0, requester: 8)

  private func withModel(
    walksKernelHalf: Bool = true, repeatsInvalidations: Bool = false,
    _ body: (SMMUv3Model, Driver, HostedMachine) throws -> Void
  ) rethrows {
    try RegisterScript.run { script, kernel, machine in
      let model = SMMUv3Model(kernel)
      script.model = model
      guard
        let driver = Driver.make(
          on: kernel, walksKernelHalf: walksKernelHalf,
          repeatsInvalidations: repeatsInvalidations)
      else { preconditionFailure("no frames") }
      try body(model, driver, machine)
      #expect(model.violations.isEmpty)
    }
  }

  /// A root of a process beside a kernel's.
  private func root(
    on machine: HostedMachine, beside kernel: UInt64 = 0x77
  ) -> FrameNumber {
    let root = machine.kernel.allocate(order: 0)
    machine.kernel.store(0, to: .entryCount, of: root)
    machine.kernel.setKernelRoot(FrameNumber(kernel), beside: root)
    return root
  }

  // MARK: Start

  @Test(arguments: [0, 1, 3, 50])
  func whatIsUnderWayIsWaitedFor(reads: Int) {
    withModel { model, driver, _ in
      model.busyReads = reads
      #expect(driver.start(0) == .started)
      #expect(model.control == 9)
      #expect(SMMUv3Register.Bypass.abort.isSet(in: model.bypass))
      #expect(driver.add(device) == .added)
      #expect(
        Reclaimer(sharing: Sharing(driver: driver)).makeLeave(device) == .left)
    }
  }

  @Test func anSMMUThatStaysBusyIsNotStarted() {
    withModel { model, driver, machine in
      model.busyReads = .max
      let free = machine.freeFrames
      #expect(driver.start(0) == .unanswered)
      // The queue stays the SMMU's for the next start.
      #expect(machine.freeFrames == free - 1)
      #expect(driver.add(device) == .noSuchIOMMU)
    }
  }

  @Test(
    arguments: [
      (Identification.stage1, IOMMUFeature.pageTableFormat),
      (Identification.formats, .pageTableFormat),
      (Identification.coherent, .coherentStructures),
    ] as [(BitField, IOMMUFeature)])
  func whatIDR0LacksIsNamed(field: BitField, feature: IOMMUFeature) {
    withModel { model, driver, machine in
      let free = machine.freeFrames
      model.first &= ~field.mask
      #expect(driver.start(0) == .lacks(feature))
      #expect(model.control == 1)
      #expect(machine.freeFrames == free)
    }
  }

  @Test func whatElseIsMissingIsNamed() {
    withModel { model, driver, _ in
      model.fifth &= ~Identification.pages4KiB.mask
      #expect(driver.start(0) == .lacks(.pageTableFormat))
      model.fifth |= Identification.pages4KiB.mask
      model.first |= Identification.endianness(3)
      #expect(driver.start(0) == .lacks(.littleEndian))
      model.first &= ~Identification.endianness.mask
      for field in [Identification.fixedQueues, Identification.fixedTables] {
        model.second |= field.mask
        #expect(driver.start(0) == .lacks(.movableStructures))
        model.second &= ~field.mask
      }
      let size = model.second
      model.second =
        size & ~Identification.queueSize.mask | Identification.queueSize(7)
      #expect(driver.start(0) == .lacks(.queueOfOneFrame))
      model.second = size
      model.fifth =
        Identification.addressSize(4) | Identification.pages4KiB(1)
      #expect(driver.start(0) == .lacks(.physicalAddresses))
      model.fifth |= Identification.addressSize(5)
      #expect(driver.start(0) == .started)
      #expect(driver.start(0) == .alreadyStarted)
    }
  }

  @Test(arguments: 0..<3)
  func nothingIsLostWhereFramesRunOut(left: Int) {
    withModel { _, driver, machine in
      let free = machine.freeFrames
      machine.allocationsLeft = left
      #expect(driver.start(0) == (left < 2 ? .outOfFrames : .started))
      // A queue stays the SMMU's for the next start.
      #expect(free - machine.freeFrames == (left < 2 ? 0 : 2))
      machine.allocationsLeft = .max
    }
  }

  @Test(arguments: [false, true], [4, 8, 16] as [UInt64])
  func theStreamTableHasAsManyLevelsAsItCan(hasTwo: Bool, bits: UInt64) {
    withModel { model, driver, _ in
      model.first &= ~Identification.twoLevelStreams.mask
      model.first |= Identification.twoLevelStreams(hasTwo ? 1 : 0)
      model.second &= ~Identification.streamBits.mask
      model.second |= Identification.streamBits(bits)
      #expect(driver.start(0) == .started)
      let reached = min(bits, hasTwo ? 16 : 6)
      typealias Base = SMMUv3Register.Base
      #expect(Base.streamBits.read(model.streamTableShape) == reached)
      #expect(Base.levels.read(model.streamTableShape) == (hasTwo ? 1 : 0))
      for requester: UInt16 in [0, 15, 16, 63, 64, .max] {
        let isReached = UInt64(requester) >> reached == 0
        #expect(
          driver.add(Device(iommu: 0, requester: requester))
            == (isReached ? .added : .outOfReach))
      }
    }
  }

  @Test(arguments: [-1, 32, Int.max])
  func aNumberBeyondTheSMMUsIsRefused(iommu: Int) {
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

  // MARK: Devices and spaces

  @Test func aDeviceIsAddedOnce() {
    withModel { _, driver, machine in
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let free = machine.freeFrames
      #expect(driver.add(device) == .alreadyKnown)
      driver.isolate(device)
      #expect(driver.add(device) == .leaving)
      #expect(
        driver.attach(FrameNumber(1), to: device, as: PASID(1)) == .leaving)
      #expect(machine.freeFrames == free)
      driver.remove(device)
      #expect(driver.add(device) == .added)
    }
  }

  @Test(
    arguments: [
      (true, 20, 0x7fff, BindOutcome.bound), (true, 20, 0x8000, .pasidTooWide),
      (true, 7, 127, .bound), (true, 7, 128, .pasidTooWide),
      (false, 20, 127, .bound), (false, 20, 128, .pasidTooWide),
      (true, 0, 1, .pasidTooWide), (true, 20, 0, .pasidReserved),
    ] as [(Bool, UInt64, UInt32, BindOutcome)])
  func theWidthOfAPASIDIsTheSMMUs(
    hasWideTags: Bool, bits: UInt64, pasid: UInt32, outcome: BindOutcome
  ) {
    withModel { model, driver, machine in
      model.first &= ~Identification.wideTags.mask
      model.first |= Identification.wideTags(hasWideTags ? 1 : 0)
      model.second &= ~Identification.substreamBits.mask
      model.second |= Identification.substreamBits(bits)
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let root = root(on: machine)
      #expect(driver.attach(root, to: device, as: PASID(pasid)) == outcome)
      #expect(driver.isAttached(PASID(pasid), on: 0) == (outcome == .bound))
      #expect(
        driver.attach(root, to: device, as: .without(tag: 9)) == .bound)
    }
  }

  @Test func twoRootsUnderOneASIDAreRefused() {
    withModel { _, driver, machine in
      #expect(driver.start(0) == .started)
      let other = Device(iommu: 0, requester: 9)
      #expect(driver.add(device) == .added)
      #expect(driver.add(other) == .added)
      let roots = (0..<2).map { _ in root(on: machine) }
      for number in [PASID(1), .without(tag: 1)] {
        #expect(driver.attach(roots[0], to: device, as: number) == .bound)
        #expect(
          driver.attach(roots[1], to: other, as: number) == .pasidNotFree)
        #expect(driver.attach(roots[0], to: other, as: number) == .bound)
      }
    }
  }

  @Test(arguments: [false, true])
  func aContextHasBothRoots(walksKernelHalf: Bool) throws {
    try withModel(walksKernelHalf: walksKernelHalf) { _, driver, machine in
      typealias Context = SMMUv3Entry.Context
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let root = root(on: machine, beside: 0x123)
      #expect(driver.attach(root, to: device, as: PASID(5)) == .bound)
      let context = try #require(
        driver.context(naming: PASID(5), of: device))
      let word = machine.kernel.load(context)
      #expect(
        word & 0xffff_ffff
          == 0xb590_3510 | (walksKernelHalf ? 0 : 1 << 30))
      #expect(Context.tag.read(word) == 5)
      #expect(
        machine.kernel.load(context + Context.userRoot)
          == root.address.rawValue)
      #expect(
        machine.kernel.load(context + Context.kernelRoot)
          == (walksKernelHalf ? 0x123_000 : 0))
      driver.detach(device, from: PASID(5))
      #expect(!Context.valid.isSet(in: machine.kernel.load(context)))
      #expect(driver.isAttached(device, to: root, as: PASID(5)))
      driver.forget(device, as: PASID(5))
      #expect(!driver.isAttached(device, to: root, as: PASID(5)))
    }
  }

  // MARK: Commands

  @Test func anUnbindDropsTheContextBeforeTheTranslations() {
    withModel { model, driver, machine in
      #expect(driver.start(0) == .started)
      #expect(model.takeKinds() == [.streams, .sync, .everything, .sync])
      #expect(driver.add(device) == .added)
      #expect(model.takeKinds() == [.stream, .sync])
      let scheme = Reclaimer(sharing: Sharing(driver: driver))
      let root = root(on: machine)
      let number = PASID.without(tag: 1)
      #expect(scheme.bind(root, to: device, as: number) == .bound)
      #expect(model.takeKinds() == [.context, .sync])
      #expect(scheme.unbind(root, from: device, as: number) == .left)
      #expect(model.takeKinds() == [.context, .sync, .all, .sync])
    }
  }

  @Test func anErratumMakesEveryInvalidationGoTwice() {
    withModel(repeatsInvalidations: true) { model, driver, machine in
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      _ = model.takeKinds()
      driver.submit(
        InvalidationRequest(pasid: PASID(1), range: AArch64FourKiB.userHalf),
        to: 0)
      _ = driver.fence(0)
      #expect(model.takeKinds() == [.space, .sync, .space, .sync])
    }
  }

  /// The scopes: which command drops what.
  @Test(arguments: [false, true])
  func whatMayMeanGlobalLeavesNamesNoASID(walksKernelHalf: Bool) {
    withModel(walksKernelHalf: walksKernelHalf) { model, driver, _ in
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let page = VirtualRange(
        start: AArch64FourKiB.kernelHalf.start, size: 4096)
      let userPage = VirtualRange(start: VirtualAddress(0x4000), size: 4096)
      let whole: SMMUv3Command.Kind = walksKernelHalf ? .all : .space
      for (range, leavesOnly, kinds) in [
        (nil, false, [whole]), (nil, true, [whole]),
        (AArch64FourKiB.kernelHalf, false, walksKernelHalf ? [.all] : []),
        (page, false, walksKernelHalf ? [.addressInAll] : []),
        (page, true, walksKernelHalf ? [.addressInAll] : []),
        (userPage, false, [.address]), (userPage, true, [.address]),
        (AArch64FourKiB.userHalf, true, [.space]),
      ] as [(VirtualRange?, Bool, [SMMUv3Command.Kind])] {
        model.commands = []
        driver.submit(
          InvalidationRequest(
            pasid: PASID(5), range: range, leavesOnly: leavesOnly), to: 0)
        _ = driver.fence(0)
        if let command = model.commands.first, range?.size == 4096,
          !kinds.isEmpty
        {
          #expect(
            SMMUv3Command.Field.leaf.isSet(in: command.high) == leavesOnly)
        }
        #expect(model.takeKinds() == kinds + [.sync])
      }
    }
  }

  @Test func anIllegalCommandIsReplacedAndItsBatchVoid() {
    withModel { model, driver, _ in
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      model.illegal = .all
      driver.submit(
        InvalidationRequest(pasid: nil, range: nil), to: 0)
      #expect(!driver.wait(for: driver.fence(0), on: 0))
      model.illegal = nil
      driver.submit(
        InvalidationRequest(pasid: nil, range: nil), to: 0)
      #expect(driver.wait(for: driver.fence(0), on: 0))
      #expect(model.errors == model.seenErrors)
    }
  }
}
