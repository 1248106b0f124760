// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Testing

@testable import Fallow

/// Locks and read sections for several CPUs.
@Suite struct SpinLockTests {
  final class Shared: Sendable {
    let lock = SpinLock()
    nonisolated(unsafe) var count = 0

    func takesLock() -> Bool { lock.tryLock() }
  }

  @Test func oneHolderAtATime() {
    let shared = Shared()
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      for _ in 0..<5_000 {
        shared.lock.lock()
        unsafe shared.count += 1
        shared.lock.unlock()
      }
    }
    #expect(unsafe shared.count == 20_000)
  }

  @Test func aHeldLockIsNotTaken() {
    let shared = Shared()
    #expect(shared.takesLock())
    #expect(!shared.takesLock())
    shared.lock.unlock()
    #expect(shared.takesLock())
  }

  /// Each pause ends by a look at the lock: the first that finds it free is the
  /// last.
  @Test func aWaiterPausesUntilTheLockIsFree() {
    let shared = Shared()
    shared.lock.lock()
    var pauses = 0
    shared.lock.lock {
      pauses += 1
      if pauses == 3 { shared.lock.unlock() }
    }
    #expect(pauses == 3)
    shared.lock.unlock()
    shared.lock.lock { pauses += 1 }
    #expect(pauses == 3)
  }

  @Test func eachOfTheLibrarysLocksIsItsOwn() throws {
    try RawMemory.run(cpus: 2) { kernel in
      for number in 0..<UInt8(KernelLock.count) {
        kernel.lock(KernelLock(rawValue: number))
      }
      for number in 0..<UInt8(KernelLock.count) {
        kernel.unlock(KernelLock(rawValue: number))
      }
      kernel.lock(.sharing)
    }
  }
}

/// Read sections that are counted for each CPU.
@Suite struct CountedReadersTests {
  @Test func nobodyReadsAtFirst() throws {
    try RawMemory.run(cpus: 2) { kernel in
      #expect(kernel.readersHaveLeft())
      kernel.awaitReaders()
    }
  }

  @Test func nestedSectionsEndWithTheLast() throws {
    try RawMemory.run(cpus: 2) { kernel in
      for cpu in 0..<2 {
        HostedMachine.$cpu.withValue(cpu) {
          kernel.enterReadSection()
          kernel.enterReadSection()
          #expect(!kernel.readersHaveLeft())
          kernel.leaveReadSection()
          #expect(!kernel.readersHaveLeft())
          kernel.leaveReadSection()
          #expect(kernel.readersHaveLeft())
        }
      }
      kernel.awaitReaders()
    }
  }

  /// What is freed after `awaitReaders` is never read: readers look at a slot,
  /// the writer empties it, waits, and poisons what it held.
  @Test func noReaderSeesWhatWasFreed() throws {
    let raw = RawMemory(frames: 256)
    let memory = try #require(raw.kernelMemory(cpus: 3))
    let kernel = ManagedKernel(memory: memory)
    let slot = kernel.allocate(order: 0).address
    let values = [kernel.allocate(order: 0), kernel.allocate(order: 0)]
      .map(\.address)
    for value in values { kernel.store(1, to: value) }
    kernel.store(values[0].rawValue, to: slot)
    let isDone = Counter()
    let wrong = Counter()
    let readers = DispatchGroup()
    for cpu in 1...2 {
      readers.enter()
      Thread.detachNewThread {
        HostedMachine.$cpu.withValue(cpu) {
          while isDone.value == 0 {
            kernel.enterReadSection()
            let value = PhysicalAddress(kernel.load(slot))
            for _ in 0..<8 where kernel.load(value) != 1 { wrong.increment() }
            kernel.leaveReadSection()
          }
        }
        readers.leave()
      }
    }
    for round in 0..<400 {
      let old = values[round % 2]
      let new = values[(round + 1) % 2]
      kernel.store(1, to: new)
      _ = kernel.exchange(new.rawValue, at: slot)
      kernel.awaitReaders()
      kernel.store(0, to: old)
    }
    isDone.increment()
    readers.wait()
    #expect(wrong.value == 0)
    withExtendedLifetime(raw) {}
  }
}
