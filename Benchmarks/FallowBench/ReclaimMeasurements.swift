// SPDX-License-Identifier: Apache-2.0

import BenchSupport
import Fallow
import Glibc

/// Set-up, time and check of the operations of reclamation.
extension Operation {
  private func makeListSpace() -> Space {
    .make(Bench.listScheme)
  }

  private func makeBuddySpace() -> KernelSpace<X86FourLevel, BuddyScheme> {
    BuddyKernel.start()
    return .make(Bench.buddyScheme)
  }

  private func quarantined() -> UInt64 {
    TableAccounts(of: ListKernel()).quarantined
  }

  func measureEnqueue() -> UInt64 {
    var tables = makeTables(tableCount, in: makeListSpace())
    let start = Bench.now()
    retireOneByOne(&tables)
    let time = Bench.now() - start
    Bench.check(quarantined() == UInt64(tableCount), "all are retired")
    Bench.listScheme.reclaim()
    return time
  }

  func measureDrain() -> UInt64 {
    let space = makeListSpace()
    var tables = makeTables(tableCount, in: space)
    let before = unsafe Arena.framesInUse - tableCount
    retireOneByOne(&tables)
    let time = Bench.time(drainToList)
    Bench.check(unsafe Arena.framesInUse == before, "all are released")
    return time
  }

  func measureDrainBuddy() -> UInt64 {
    let space = makeBuddySpace()
    var tables = makeTables(tableCount, in: space)
    let before = unsafe BuddyKernel.buddy.pointee.freeFrames + tableCount
    retireForBuddy(&tables)
    var after = 0
    let time = Bench.time { after = drainToBuddy() }
    Bench.check(after == before, "all are free")
    return time
  }

  func measureCycle32(rounds: Int) -> UInt64 {
    let space = makeBuddySpace()
    var tables = makeTables(32, in: space)
    let before = unsafe BuddyKernel.buddy.pointee.freeFrames + 32
    retireAndDrain(&tables)
    var time: UInt64 = 0
    for _ in 0..<rounds {
      var tables = makeTables(32, in: space)
      let start = Bench.now()
      retireAndDrain(&tables)
      time += Bench.now() - start
    }
    let after = unsafe BuddyKernel.buddy.pointee.freeFrames
    Bench.check(after == before, "all are free")
    return time
  }

  /// The time of both threads, or 0 if they did not overlap for four fifths
  /// of it.
  func measureTwoThreads() -> UInt64 {
    let space = makeListSpace()
    let halves = (0..<2).map { _ in
      UnlinkedBox(makeTables(tableCount / 2, in: space))
    }
    let time = BenchThread.time(halves[0].retire, halves[1].retire)
    Bench.check(quarantined() == UInt64(tableCount), "all are retired")
    Bench.listScheme.reclaim()
    return time
  }
}
