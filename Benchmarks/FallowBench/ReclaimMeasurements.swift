import BenchSupport
import Fallow
import Glibc

/// Set-up, time and check of the operations of reclamation.
extension Operation {
  private func makeListSpace() -> Space {
    guard let space = Space.make(scheme: Bench.listScheme) else {
      fatalError("no frames")
    }
    return space
  }

  private func makeBuddySpace() -> KernelSpace<X86FourLevel, BuddyScheme> {
    unsafe BuddyKernel.buddy.initialize(
      to: BuddyAllocator(over: Arena.descriptorTable))
    unsafe BuddyKernel.buddy.pointee.add(
      Arena.firstFrame, count: Arena.freeFrameCount)
    guard
      let space = KernelSpace<X86FourLevel, _>.make(
        scheme: Bench.buddyScheme)
    else { fatalError("no frames") }
    return space
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
    let threads = [RetiringThread(0, in: space), RetiringThread(1, in: space)]
    for thread in threads { thread.start() }
    for thread in threads { thread.join() }
    Bench.check(quarantined() == UInt64(tableCount), "all are retired")
    Bench.listScheme.reclaim()
    let (a, b) = (threads[0], threads[1])
    let both = min(a.end, b.end) &- max(a.begin, b.begin)
    let whole = max(a.end, b.end) - min(a.begin, b.begin)
    guard Int64(bitPattern: both) >= 0, both * 5 >= whole * 4 else { return 0 }
    return a.end - a.begin + b.end - b.begin
  }
}
