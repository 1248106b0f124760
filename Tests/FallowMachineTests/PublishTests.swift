// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import Testing

/// A CPU that may cache that an entry is not present finds what was mapped
/// since, because each operation publishes it.
@Suite struct PublishTests {
  private let address = kernelAddress

  private func world(cachesNotPresent: Bool = true) -> World {
    let world = World { $0.cachesNotPresent = cachesNotPresent }
    world.machine.switchAddressSpace(
      cpu: 0, root: world.kernel.root, pcid: 0)
    return world
  }

  private func cpuAccess(_ world: World, _ page: Int = 0) -> AccessResult {
    world.machine.cpuAccess(
      0, VirtualAddress(address + UInt64(page) * 4096), isWrite: false)
  }

  /// The rule itself: without the call the CPU goes on to fault.
  @Test(arguments: [false, true])
  func withoutTheCallTheCPUFaults(cachesNotPresent: Bool) {
    let world = world(cachesNotPresent: cachesNotPresent)
    world.map(address, pages: 2)
    let slot = world.slot(address, level: 1, root: world.kernel.root)
    let entry = world.platform.exchange(0, at: slot)
    world.platform.flush(pageRange(address, 1), of: nil, .leaves)
    #expect(cpuAccess(world) == .notPresent(level: 1))
    _ = world.platform.exchange(entry, at: slot)
    let isFound = cpuAccess(world) != .notPresent(level: 1)
    #expect(isFound != cachesNotPresent)
    world.platform.publish(pageRange(address, 1), of: nil)
    #expect(cpuAccess(world) != .notPresent(level: 1))
  }

  private enum Way: CaseIterable {
    case map, mapIntoATable, mapRange, collapsing, cursor, reserved
  }

  /// Every way to map publishes.
  @Test(arguments: Way.allCases)
  private func whatIsMappedIsFound(way: Way) {
    let world = world()
    let pages = way == .map || way == .reserved ? 1 : 3
    if way == .mapIntoATable || way == .cursor {
      world.map(address + 8 * 4096)
    }
    for page in 0..<pages {
      guard case .notPresent = cpuAccess(world, page) else {
        Issue.record("mapped before")
        return
      }
    }
    let range = pageRange(address, pages)
    let data = world.machine.allocateData(frames: pages).address
    let kernel = world.kernel
    let attributes = LeafAttributes.kernelData
    switch way {
    case .map, .mapIntoATable, .mapRange:
      #expect(kernel.map(range, to: data, attributes: attributes) == nil)
    case .collapsing:
      #expect(
        kernel.mapCollapsing(range, to: data, attributes: attributes) == nil)
    case .cursor:
      var cursor = Cursor(kernel)
      for page in 0..<UInt64(pages) {
        let error = cursor.map(
          range.start + page * 4096, to: data + page * 4096,
          attributes: attributes)
        #expect(error == nil)
      }
      cursor.finish()
    case .reserved:
      guard var frames = kernel.reserve(for: range, to: data) else {
        Issue.record("no frames")
        return
      }
      let error = kernel.map(
        range, to: data, attributes: attributes, from: &frames)
      frames.giveBack()
      #expect(error == nil)
    }
    for page in 0..<pages {
      #expect(
        cpuAccess(world, page) == .reached(data + UInt64(page) * 4096))
    }
  }
}
