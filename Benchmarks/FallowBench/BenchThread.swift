// SPDX-License-Identifier: Apache-2.0

import BenchSupport
import Fallow
import Glibc

/// A thread on a CPU of its own, which works once another is there too.
@safe
final class BenchThread: @unchecked Sendable {
  let cpu: Int
  private(set) var begin: UInt64 = 0
  private(set) var end: UInt64 = 0
  private var thread = pthread_t()
  private let work: () -> Void

  private init(_ cpu: Int, _ work: @escaping () -> Void) {
    self.cpu = cpu
    self.work = work
  }

  /// Runs two at once.
  ///
  /// - Returns: The sum of their times, or 0 if one ran for long without the
  ///   other.
  static func time(
    _ first: @escaping () -> Void, _ second: @escaping () -> Void
  ) -> UInt64 {
    let (a, b) = (BenchThread(0, first), BenchThread(1, second))
    for thread in [a, b] { thread.start() }
    for thread in [a, b] { pthread_join(thread.thread, nil) }
    bench_set_current_cpu(0)
    let both = min(a.end, b.end) &- max(a.begin, b.begin)
    let whole = max(a.end, b.end) - min(a.begin, b.begin)
    guard Int64(bitPattern: both) >= 0, both * 5 >= whole * 4 else { return 0 }
    return a.end - a.begin + b.end - b.begin
  }

  private func start() {
    let this = unsafe Unmanaged.passUnretained(self).toOpaque()
    let result = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<BenchThread>.fromOpaque(argument)
          .takeUnretainedValue().run()
        return nil
      }, this)
    Bench.check(result == 0, "a thread")
  }

  private func run() {
    bench_pin(Int32(cpu))
    bench_set_current_cpu(Int32(cpu))
    bench_meet(2)
    begin = Bench.now()
    work()
    end = Bench.now()
    bench_leave_cpu()
  }
}

/// Tables that a thread is to retire.
final class UnlinkedBox {
  private var tables: UnlinkedTables<ListKernel, KernelHalf>

  init(_ tables: consuming UnlinkedTables<ListKernel, KernelHalf>) {
    self.tables = tables
  }

  func retire() { retireOneByOne(&tables) }
}
