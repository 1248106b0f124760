// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Synchronization
import Testing

@testable import Fallow

/// A flush that goes to the other CPUs by interrupt.
@Suite struct CrossCallTests {
  /// What the CPUs did, by number.
  final class Log: Sendable {
    let flushed = Mutex<[[VirtualRange]]>([[], [], []])
    let interrupts = Mutex<[UInt64]>([])
    let isDone = Counter()

    func count(_ range: VirtualRange, on cpu: Int) -> Int {
      flushed.withLock { $0[cpu].filter { $0 == range }.count }
    }
  }

  @safe
  struct Kernel: Platform, ManagedMemory, CountedReaders, SpinningLocks,
    PolledWorker, DropsFailToLink, X86Processors, CrossCalledFlush,
    @unchecked Sendable
  {
    let memory: KernelMemory
    let log: Unmanaged<Log>

    func currentCPU() -> Int { HostedMachine.cpu }
    func flushThisCPU(
      _ range: VirtualRange, of root: FrameNumber?, _ scope: FlushScope
    ) {
      unsafe log._withUnsafeGuaranteedRef { log in
        log.flushed.withLock { $0[HostedMachine.cpu].append(range) }
      }
    }
    func interrupt(_ cpus: UInt64) {
      unsafe log._withUnsafeGuaranteedRef { log in
        log.interrupts.withLock { $0.append(cpus) }
      }
    }
    func fault(_ fault: LifecycleFault, at frame: FrameNumber) -> Never {
      preconditionFailure("\(fault.text)")
    }
  }

  private func run(_ body: (Kernel, Log) -> Void) throws {
    let log = Log()
    try RawMemory.run(cpus: 3) { parts in
      body(
        unsafe Kernel(memory: parts.memory, log: .passUnretained(log)), log)
    }
    withExtendedLifetime(log) {}
  }

  private static func range(_ page: UInt64) -> VirtualRange {
    VirtualRange(start: VirtualAddress(page << 12), size: 4096)
  }

  @Test func aloneACPUCallsNobody() throws {
    try run { kernel, log in
      kernel.joinCrossCalls()
      kernel.flush(Self.range(1), of: nil, .leaves)
      #expect(log.count(Self.range(1), on: 0) == 1)
      #expect(log.interrupts.withLock(\.self) == [])
      kernel.answerCrossCall()
      #expect(log.count(Self.range(1), on: 0) == 1)
    }
  }

  /// Every CPU flushes at once, and answers only in its own calls or in a loop.
  ///
  /// All flush each range once, and nobody waits for ever.
  @Test func allCPUsFlushAtOnce() throws {
    try run { kernel, log in
      let ready = Counter()
      let group = DispatchGroup()
      for cpu in 0..<3 {
        group.enter()
        Thread.detachNewThread {
          HostedMachine.$cpu.withValue(cpu) {
            kernel.joinCrossCalls()
            ready.increment()
            while ready.value < 3 { kernel.answerCrossCall() }
            for page in 0..<10 as Range<UInt64> {
              kernel.flush(
                Self.range(UInt64(cpu) * 1000 + page), of: nil, .tables)
            }
            log.isDone.increment()
            while log.isDone.value < 3 { kernel.answerCrossCall() }
          }
          group.leave()
        }
      }
      group.wait()
      for cpu in 0..<3 {
        for caller in 0..<3 as Range<UInt64> {
          for page in 0..<10 as Range<UInt64> {
            #expect(
              log.count(Self.range(caller * 1000 + page), on: cpu) == 1)
          }
        }
      }
      let sent = log.interrupts.withLock(\.self)
      #expect(sent.count == 30)
      #expect(sent.allSatisfy { [0b011, 0b101, 0b110].contains($0) })
    }
  }
}
