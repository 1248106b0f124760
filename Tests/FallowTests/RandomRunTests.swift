// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Fallow

/// Long random runs against a dictionary; after every operation the accounts
/// equal a scan of all descriptors and the order of life was kept.
@Suite struct RandomRunTests {
  static let seeds: [UInt64] = [1, 2, 3, 4]
  static let operations = 2500

  @Test(arguments: seeds, [EmptyTablePolicy.free, .keep])
  func agreesWithADictionary(seed: UInt64, mode: EmptyTablePolicy) throws {
    try HostedMachine.run(frames: 384) { machine in
      var run = try RandomRun(machine, seed: seed, mode: mode)
      for operation in 0..<Self.operations {
        let problem = run.step()
        if let problem {
          Issue.record("seed \(seed), operation \(operation): \(problem)")
          return
        }
      }
      #expect(run.order.released > 30, "seed \(seed) released too little")
    }
  }
}

struct RandomRun {
  let machine: HostedMachine
  let space: HostedMachine.SpySpace
  let mode: EmptyTablePolicy
  var random: SeededGenerator
  var model = LeafModel()
  var order: LifeOrder

  init(_ machine: HostedMachine, seed: UInt64, mode: EmptyTablePolicy) throws {
    self.machine = machine
    self.mode = mode
    random = SeededGenerator(seed: seed)
    space = try machine.makeSpace(mode)
    guard let user = HostedMachine.SpyUserSpace.make(copying: space)
    else { throw OutOfFrames() }
    let binding = Binding(
      pasid: PASID(3), iommus: IOMMUSet(first: 2), devices: 1)
    user.share(binding)
    order = LifeOrder(bindings: [binding])
    machine.isRecording = true
  }

  /// One operation; nil, or what went wrong.
  mutating func step() -> String? {
    let size = randomSize()
    // Large ranges are aligned: thousands of small leaves would take time and
    // show nothing new.
    let start = randomAddress().alignedDown(
      to: size < mib2Size ? pageSize : size & (0 &- size))
    let range = VirtualRange(start: start, size: size)
    let problem = HostedMachine.$cpu.withValue(random.below(2)) {
      perform(range)
    }
    return problem ?? afterwards()
  }

  private mutating func perform(_ range: VirtualRange) -> String? {
    switch random.below(16) {
    case 0..<6:
      let address = randomPhysicalAddress(like: range.start)
      let level = 1 + random.below(3)
      // Small leaves for large ranges would only take time.
      let max = range.size > mib2Size ? 3 : level
      let expected = model.map(range, to: address, maxLeafLevel: max)
      let found = space.map(
        range, to: PhysicalAddress(address), attributes: .kernelData,
        maxLeafLevel: max)
      return expected == found.refusal
        ? nil : "map \(range) gave \(found as Any)"
    case 6..<12:
      let expected = model.unmap(range)
      let found = space.unmap(range)
      return expected == found.refusal
        ? nil : "unmap \(range) gave \(found as Any)"
    case 12:
      let level = 2 + random.below(2)
      // Two levels of small leaves are too many for the machine.
      if level == 3 { return nil }
      let expected = model.split(range.start.rawValue, level: level)
      let found = space.split(at: range.start, level: level)
      return expected == (found == nil) ? nil : "split gave \(found as Any)"
    case 13:
      var unlinked = UnlinkedTables<SpyKernel, KernelHalf>(on: machine.spy)
      let expected = model.collapse(range.start.rawValue, level: 2)
      let found = space.collapse(at: range.start, level: 2, into: &unlinked)
      space.scheme.retire(unlinked)
      return expected == (found == nil) ? nil : "collapse gave \(found as Any)"
    case 14:
      machine.failing = IOMMUSet(rawValue: UInt32(random.below(4)))
      machine.runWorker(space.scheme)
      space.scheme.reclaim()
      machine.failing = IOMMUSet(rawValue: 0)
      return nil
    default:
      machine.runWorker(space.scheme)
      return nil
    }
  }

  private mutating func afterwards() -> String? {
    if let mismatch = machine.accountsMismatch() { return mismatch }
    if let disorder = order.check(machine.events) { return disorder }
    machine.events.removeAll(keepingCapacity: true)
    for _ in 0..<2 {
      let address = randomAddress()
      let expected = model.leaf(at: address.rawValue).map { start, leaf in
        Leaf(
          address: leaf.address + (address.rawValue - start), level: leaf.level)
      }
      if space.leaf(at: address) != expected {
        return "\(address) leads to \(String(describing: expected))"
      }
    }
    let accounts = TableAccounts(of: machine.kernel)
    // One more: the root of the user's space.
    let linked = Int(accounts.linked - MappingTests.permanentTables - 1)
    if mode == .free, linked != model.tablesNeeded {
      return "\(linked) tables for \(model.tablesNeeded)"
    }
    let held = accounts.total - accounts.released
    return machine.freeFrames == machine.frameCount - Int(held)
      ? nil : "frames are lost"
  }

  private mutating func randomAddress() -> VirtualAddress {
    let page =
      switch random.below(3) {
      case 0: 0
      case 1: random.below(512)
      default: random.below(8)
      }
    return kernelAddress(
      gib: random.below(3), mib2: random.below(4), page: page)
  }

  private mutating func randomSize() -> UInt64 {
    switch random.below(8) {
    case 0..<5: UInt64(1 + random.below(8)) * pageSize
    case 5: UInt64(1 + random.below(random.below(8) == 0 ? 600 : 40)) * pageSize
    case 6: UInt64(1 + random.below(3)) * mib2Size
    default: random.below(3) == 0 ? gibSize : mib2Size
    }
  }

  /// Mostly one that allows large leaves.
  private mutating func randomPhysicalAddress(
    like start: VirtualAddress
  ) -> UInt64 {
    let base = 16 * gibSize + (start.rawValue & (gibSize - 1))
    return random.below(4) == 0 && start.rawValue & (mib2Size - 1) != 0
      ? base + pageSize : base
  }
}
