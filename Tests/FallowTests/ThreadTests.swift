// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Testing

@testable import Fallow

/// Real threads on neighbouring pages of the same tables.
@Suite struct ThreadTests {
  typealias Scheme = Reclaimer<SpyDriver<HostedKernel>>

  private func scheme(on kernel: HostedKernel) -> Scheme {
    Scheme(
      sharing: Sharing(driver: SpyDriver(platform: kernel, kernel: kernel)))
  }

  @Test(arguments: [EmptyTablePolicy.free, .keep])
  func neighboursDoNotDisturbEachOther(mode: EmptyTablePolicy) throws {
    try HostedMachine.run(cpus: 3) { machine in
      let kernel = machine.kernel
      let scheme = scheme(on: kernel)
      guard
        let space = KernelTree<X86FourLevel, Scheme>.make(
          scheme: scheme, emptyTables: mode)
      else { throw OutOfFrames() }
      let free = machine.freeFrames
      let mappers = DispatchGroup()
      let wrong = Counter()
      for cpu in 0..<2 {
        mappers.enter()
        thread(on: cpu) {
          // Every other page of two tables of level 1.
          for round in 0..<1500 as Range<UInt64> {
            let page = kernelAddress(page: 508 + cpu + 2 * Int(round % 4))
            let range = range(page, pageSize)
            let address = PhysicalAddress(round << 12)
            var outcome = space.map(
              range, to: address, attributes: .kernelData)
            while outcome?.kind == .outOfFrames {
              // The worker is behind.
              sched_yield()
              outcome = space.map(range, to: address, attributes: .kernelData)
            }
            if outcome != nil { wrong.increment() }
            if space.translate(page)?.address != address { wrong.increment() }
            if space.unmap(range) != nil { wrong.increment() }
            if space.translate(page) != nil { wrong.increment() }
          }
          mappers.leave()
        }
      }
      runWorker(of: scheme, on: 2, of: machine, until: mappers)
      machine.runWorker(scheme)
      #expect(wrong.value == 0)
      let accounts = TableAccounts(of: kernel)
      let kept: UInt64 = mode == .free ? 0 : 3
      #expect(accounts.linked == MappingTests.permanentTables + kept)
      #expect(accounts.quarantined == 0 && accounts.constructed == 0)
      #expect(accounts.total == accounts.linked + accounts.released)
      #expect(machine.freeFrames == free - Int(kept))
      #expect(machine.accountsMismatch() == nil)
    }
  }

  /// The same in a user half, whose tables each caller invalidates itself.
  @Test func neighboursInAUserHalfDoNotDisturbEachOther() throws {
    try HostedMachine.run(cpus: 2) { machine in
      let kernel = machine.kernel
      let scheme = scheme(on: kernel)
      guard
        let space = KernelTree<X86FourLevel, Scheme>.make(scheme: scheme),
        let user = UserTree<X86FourLevel, Scheme>.make(copying: space)
      else { throw OutOfFrames() }
      let free = machine.freeFrames
      let wrong = Counter()
      let mappers = DispatchGroup()
      for cpu in 0..<2 {
        mappers.enter()
        thread(on: cpu) {
          for round in 0..<1500 as Range<UInt64> {
            let start = VirtualAddress(
              (508 + UInt64(cpu) + 2 * (round % 4)) * pageSize)
            let page = range(start, pageSize)
            let address = PhysicalAddress(round << 12)
            var unused = UnlinkedTables<HostedKernel, UserHalf>(on: kernel)
            let refusal = user.map(
              page, to: address, attributes: .userData, into: &unused)
            scheme.retire(unused).invalidated(by: scheme.sharing).release()
            if refusal != nil { wrong.increment() }
            if user.translate(start)?.address != address { wrong.increment() }
            var stale = StaleRange(on: kernel)
            if user.unmap(page, into: &stale) != nil { wrong.increment() }
            if !stale.invalidated(by: scheme).isEmpty { wrong.increment() }
            if user.translate(start) != nil { wrong.increment() }
          }
          mappers.leave()
        }
      }
      mappers.wait()
      #expect(wrong.value == 0)
      let accounts = TableAccounts(of: kernel)
      // The user's root, too.
      #expect(accounts.linked == MappingTests.permanentTables + 1)
      #expect(machine.freeFrames == free)
      #expect(machine.accountsMismatch() == nil)
    }
  }

  /// The same by cursors, which take turns at a stretch of addresses of their
  /// own with a thread that unmaps it whole, or maps it by a large leaf.
  @Test(arguments: [EmptyTablePolicy.free, .keep])
  func cursorsShareATableAndLoseIt(mode: EmptyTablePolicy) throws {
    try HostedMachine.run(cpus: 4) { machine in
      let kernel = machine.kernel
      let scheme = scheme(on: kernel)
      guard
        let space = KernelTree<X86FourLevel, Scheme>.make(
          scheme: scheme, emptyTables: mode)
      else { throw OutOfFrames() }
      let free = machine.freeFrames
      let mappers = DispatchGroup()
      let wrong = Counter()
      // Each owns the addresses of a table in turn.
      let owners = [NSLock(), NSLock()]
      for cpu in 0..<2 {
        mappers.enter()
        thread(on: cpu) {
          for round in 0..<1500 as Range<UInt64> {
            var cursor = Cursor(space)
            for table in 0..<2 {
              // Two cursors in one table, each with pages of its own.
              let first = kernelAddress(mib2: table, page: 16 * cpu)
              owners[table].withLock {
                for page in 0..<(round % 12) {
                  let at = first + page * pageSize
                  let address = PhysicalAddress(round << 12)
                  let outcome = cursor.map(
                    at, to: address, attributes: .kernelData)
                  if outcome?.kind == .outOfFrames { continue }
                  if outcome != nil { wrong.increment() }
                  if space.translate(at)?.address != address {
                    wrong.increment()
                  }
                }
                for page in 0..<(round % 12) {
                  let at = first + page * pageSize
                  if cursor.unmap(at) != nil { wrong.increment() }
                  if space.translate(at) != nil { wrong.increment() }
                }
              }
            }
            // It hands back while the other has the addresses.
            cursor.finish()
            let page = kernelAddress(mib2: 2, page: cpu)
            var own = Cursor(space)
            if own.map(page, to: PhysicalAddress(0), attributes: .kernelData)
              == nil
            {
              if own.unmap(page) != nil { wrong.increment() }
            }
            own.finish()
          }
          mappers.leave()
        }
      }
      mappers.enter()
      thread(on: 2) {
        for round in 0..<1500 {
          let whole = range(kernelAddress(mib2: round % 2), mib2Size)
          owners[round % 2].withLock {
            if round % 3 == 0 {
              let outcome = space.map(
                whole, to: PhysicalAddress(0), attributes: .kernelData)
              if outcome != nil && outcome?.kind != .outOfFrames {
                wrong.increment()
              }
            }
            if space.unmap(whole) != nil { wrong.increment() }
          }
        }
        mappers.leave()
      }
      runWorker(of: scheme, on: 3, of: machine, until: mappers)
      _ = space.unmap(range(kernelAddress(), 4 * mib2Size))
      machine.runWorker(scheme)
      #expect(wrong.value == 0)
      let accounts = TableAccounts(of: kernel)
      #expect(accounts.quarantined == 0 && accounts.constructed == 0)
      #expect(accounts.total == accounts.linked + accounts.released)
      #expect(machine.accountsMismatch() == nil)
      if mode == .free {
        #expect(accounts.linked == MappingTests.permanentTables)
        #expect(machine.freeFrames == free)
      }
    }
  }

  /// Runs the worker over and over, until the mappers are done.
  private func runWorker(
    of scheme: Scheme, on cpu: Int, of machine: HostedMachine,
    until mappers: DispatchGroup
  ) {
    let worker = DispatchGroup()
    let isDone = Counter()
    worker.enter()
    thread(on: cpu) {
      while isDone.value == 0 {
        machine.runWorker(scheme)
        sched_yield()
      }
      worker.leave()
    }
    mappers.wait()
    isDone.increment()
    worker.wait()
  }

  private func thread(on cpu: Int, _ body: @escaping @Sendable () -> Void) {
    Thread.detachNewThread {
      HostedMachine.$cpu.withValue(cpu) { body() }
    }
  }
}
