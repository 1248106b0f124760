// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// What the RISC-V driver checks before it relies on it.
@Suite struct RISCVStartTests {
  private typealias Driver = RISCVIOMMU<ScriptedKernel, RISCVSv39>
  private typealias Capability = RISCVIOMMURegister.Capability

  private let device = Device(iommu: 0, requester: 8)

  private func withModel(
    _ body: (RISCVModel, Driver, HostedMachine) throws -> Void
  ) rethrows {
    try RegisterScript.run { script, kernel, machine in
      let model = RISCVModel(kernel)
      script.model = model
      guard let driver = Driver.make(on: kernel) else {
        preconditionFailure("no frames")
      }
      try body(model, driver, machine)
    }
  }

  // MARK: Start

  @Test(
    arguments: [
      (false, [0, 1, 2, 3, 4], 2), (false, [0, 1, 2, 4], 3),
      (false, [0, 1, 2], 1), (false, [0, 1, 3], 2), (true, [0, 1, 2, 3, 4], 3),
      (true, [0, 1, 2, 3], 2), (true, [0, 1, 2], 1),
    ] as [(Bool, Set<UInt64>, UInt64)])
  func theDirectoryHasAsManyLevelsAsRequestersNeed(
    isExtended: Bool, modes: Set<UInt64>, levels: UInt64
  ) {
    withModel { model, driver, _ in
      model.capabilities |= Capability.extendedContexts(isExtended ? 1 : 0)
      model.modes = modes
      #expect(driver.start(0) == .started)
      #expect(model.directory & 15 == levels + 1)
      #expect(model.violations.isEmpty)
      let bits = (isExtended ? 6 : 7) + 9 * (levels - 1)
      for requester: UInt16 in [0, 63, 127, 0x7fff, .max] {
        let outcome = driver.add(Device(iommu: 0, requester: requester))
        let isReached = UInt64(requester) >> bits == 0
        #expect(outcome == (isReached ? .added : .outOfReach))
      }
    }
  }

  @Test func anIOMMUThatStaysBareIsNotStarted() {
    withModel { model, driver, machine in
      let free = machine.freeFrames
      model.modes = [0, 1]
      #expect(driver.start(0) == .lacks(.deviceDirectory))
      #expect(model.directory & 15 == 0)
      // The queue stays the IOMMU's for the next start.
      #expect(machine.freeFrames == free - 1)
    }
  }

  @Test(arguments: [0, 1, 3, 50])
  func busyIsWaitedFor(reads: Int) {
    withModel { model, driver, _ in
      model.busyReads = reads
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      #expect(
        Reclaimer(sharing: Sharing(driver: driver)).makeLeave(device) == .left)
      #expect(model.violations.isEmpty)
    }
  }

  @Test func anIOMMUThatStaysBusyIsNotWrittenTo() {
    withModel { model, driver, _ in
      model.busyReads = .max
      #expect(driver.start(0) == .unanswered)
      #expect(model.violations.isEmpty)
      model.busyReads = 0
    }
  }

  /// The IOMMU may be switching to the directory still: the next start gives it
  /// the same.
  @Test func aStartThatGoesUnansweredTakesItsFramesOnce() {
    withModel { model, driver, machine in
      let free = machine.freeFrames
      model.staysBusyWithDirectory = true
      for _ in 0..<5 {
        #expect(driver.start(0) == .unanswered)
        #expect(machine.freeFrames == free - 2)
        let frame = FrameNumber(
          RISCVIOMMURegister.Directory.frame.read(model.directory))
        #expect(!machine.kernel.typeWord(of: frame).isFree)
      }
      model.staysBusyWithDirectory = false
      #expect(driver.start(0) == .started)
      #expect(machine.freeFrames == free - 2)
      #expect(model.violations.isEmpty)
    }
  }

  @Test func whatIsMissingIsNamed() {
    withModel { model, driver, _ in
      model.capabilities &= ~Capability.version.mask
      #expect(driver.start(0) == .lacks(.knownVersion))
      model.capabilities |= Capability.version(1)
      model.capabilities &= ~Capability.sv39.mask
      #expect(driver.start(0) == .lacks(.pageTableFormat))
      model.capabilities |= Capability.sv39.mask
      model.isBigEndian = true
      model.keepsBigEndian = true
      #expect(driver.start(0) == .lacks(.littleEndian))
      model.keepsBigEndian = false
      model.largestQueue = 5
      #expect(driver.start(0) == .lacks(.queueOfOneFrame))
      model.largestQueue = 7
      #expect(driver.start(0) == .started)
      #expect(!model.isBigEndian)
      #expect(driver.start(0) == .alreadyStarted)
    }
  }

  @Test func nothingIsLostWhereFramesRunOut() {
    withModel { _, driver, machine in
      let free = machine.freeFrames
      machine.allocationsLeft = 0
      #expect(driver.start(0) == .outOfFrames)
      #expect(machine.freeFrames == free)
      machine.allocationsLeft = .max
      #expect(driver.start(0) == .started)
      #expect(machine.freeFrames == free - 2)
    }
  }

  @Test(arguments: [-1, 32, Int.max])
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

  // MARK: Devices and spaces

  @Test(
    arguments: [
      (1, 255, BindOutcome.bound), (1, 256, .pasidTooWide),
      (2, 1 << 17 - 1, .bound), (2, 1 << 17, .pasidTooWide),
      (4, 1 << 20 - 1, .bound), (4, 1 << 20, .pasidTooWide),
      (7, 1 << 20 - 1, .bound), (0, 1, .pasidTooWide), (7, 0, .pasidReserved),
    ] as [(UInt64, UInt32, BindOutcome)])
  func theWidthOfAPASIDIsTheIOMMUs(
    widths: UInt64, pasid: UInt32, outcome: BindOutcome
  ) {
    withModel { model, driver, machine in
      model.capabilities &= ~Capability.processIDs.mask
      model.capabilities |= Capability.processIDs(widths)
      #expect(driver.start(0) == .started)
      let free = machine.freeFrames
      #expect(driver.add(device) == .added)
      let root = machine.kernel.allocate(order: 0)
      #expect(driver.attach(root, to: device, as: PASID(pasid)) == outcome)
      #expect(driver.isAttached(PASID(pasid), on: 0) == (outcome == .bound))
      #expect(
        driver.attach(root, to: device, as: .without(tag: 9)) == .bound)
      driver.isolate(device)
      driver.remove(device)
      machine.kernel.free(root, order: 0)
      // Directories of devices stay.
      #expect(free - machine.freeFrames == 1)
    }
  }

  @Test func aDeviceIsAddedOnce() {
    withModel { _, driver, machine in
      #expect(driver.add(device) == .noSuchIOMMU)
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

  /// PASIDs and tags are PSCIDs alike.
  @Test(arguments: [
    (PASID(1), PASID(1)), (.without(tag: 1), .without(tag: 1)),
    (PASID(1), .without(tag: 1)), (.without(tag: 1), PASID(1)),
  ])
  func twoRootsUnderOnePSCIDAreRefused(first: PASID, second: PASID) {
    withModel { _, driver, machine in
      #expect(driver.start(0) == .started)
      let other = Device(iommu: 0, requester: 9)
      #expect(driver.add(device) == .added)
      #expect(driver.add(other) == .added)
      let roots = (0..<2).map { _ in machine.kernel.allocate(order: 0) }
      #expect(driver.attach(roots[0], to: device, as: first) == .bound)
      #expect(driver.attach(roots[1], to: other, as: second) == .pasidNotFree)
      #expect(driver.attach(roots[0], to: other, as: second) == .bound)
    }
  }

  // MARK: Contexts and invalidations

  /// So the CPUs' flush is enough for the leaves of the kernel half: no device
  /// uses them.
  @Test func noDeviceHasSupervisorPrivilege() throws {
    try withModel { _, driver, machine in
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let root = machine.kernel.allocate(order: 0)
      for number in [PASID(1), .without(tag: 2)] {
        #expect(driver.attach(root, to: device, as: number) == .bound)
        let context = try #require(driver.context(naming: number, of: device))
        let attributes = machine.kernel.load(context.attributes)
        #expect(RISCVIOMMUEntry.valid.isSet(in: attributes))
        #expect(!RISCVIOMMUEntry.Process.supervisor.isSet(in: attributes))
      }
    }
  }

  /// Without DPE, requests without a process ID pass untranslated.
  @Test(arguments: [UInt64(0), 7], [UInt64(0), 1])
  func aContextNeverLetsRequestsPassUntranslated(
    widths: UInt64, updatesBits: UInt64
  ) throws {
    try withModel { model, driver, machine in
      model.capabilities &=
        ~(Capability.processIDs.mask
        | Capability.updatesBits.mask)
      model.capabilities |=
        Capability.processIDs(widths)
        | Capability.updatesBits(updatesBits)
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let context = try #require(driver.context(of: device))
      let control = { machine.kernel.load(context) }
      typealias Entry = RISCVIOMMUEntry
      #expect(Entry.valid.isSet(in: control()) == (widths > 0))
      let root = machine.kernel.allocate(order: 0)
      #expect(driver.attach(root, to: device, as: .without(tag: 3)) == .bound)
      #expect(Entry.valid.isSet(in: control()))
      #expect(Entry.Device.hasProcesses.read(control()) == min(widths, 1))
      #expect(Entry.Device.hasDefault.read(control()) == min(widths, 1))
      #expect(Entry.Device.updatesBits.read(control()) == updatesBits)
      driver.detach(device, from: .without(tag: 3))
      #expect(Entry.valid.isSet(in: control()) == (widths > 0))
    }
  }

  @Test(arguments: [UInt64(0), 7])
  func anUnbindDropsTheContextBeforeTheTranslations(widths: UInt64) {
    withModel { model, driver, machine in
      model.capabilities &= ~Capability.processIDs.mask
      model.capabilities |= Capability.processIDs(widths)
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let scheme = Reclaimer(sharing: Sharing(driver: driver))
      let root = machine.kernel.allocate(order: 0)
      let number = PASID.without(tag: 1)
      #expect(scheme.bind(root, to: device, as: number) == .bound)
      #expect(
        model.takeKinds() == [.deviceContexts, .fence, .translations, .fence])
      #expect(scheme.unbind(root, from: device, as: number) == .left)
      let first: RISCVIOMMUCommand.Kind =
        widths > 0 ? .processContext : .deviceContexts
      #expect(model.commands.allSatisfy { !$0.sparesGlobalLeaves })
      #expect(model.takeKinds() == [first, .fence, .translations, .fence])
    }
  }

  @Test func whatMayMeanGlobalLeavesNamesNoPSCID() throws {
    try withModel { model, driver, machine in
      #expect(driver.start(0) == .started)
      #expect(driver.add(device) == .added)
      let page = VirtualRange(start: RISCVSv39.kernelHalf.start, size: 4096)
      let userPage = VirtualRange(start: VirtualAddress(0x4000), size: 4096)
      for (range, leavesOnly, spares, hasAddress) in [
        (nil, false, false, false), (nil, true, false, false),
        (RISCVSv39.kernelHalf, false, false, false),
        (page, false, false, false), (page, true, false, true),
        (userPage, false, true, false), (userPage, true, true, true),
        (RISCVSv39.userHalf, true, true, false),
      ] as [(VirtualRange?, Bool, Bool, Bool)] {
        model.commands = []
        driver.submit(
          InvalidationRequest(
            pasid: PASID(5), range: range, leavesOnly: leavesOnly), to: 0)
        _ = driver.fence(0)
        let command = try #require(model.commands.first)
        #expect(command.sparesGlobalLeaves == spares)
        #expect(
          RISCVIOMMUCommand.Field.hasAddress.isSet(in: command.low)
            == hasAddress)
      }
    }
  }
}

extension RISCVIOMMUCommand {
  /// Whether it drops translations of one PSCID.
  fileprivate var sparesGlobalLeaves: Bool {
    Kind(rawValue: Field.kind.read(low)) == .translations
      && Field.hasTag.isSet(in: low)
  }
}
