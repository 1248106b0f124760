import BenchSupport
import Fallow
import Glibc

/// A thread that retires half of the tables, on a CPU of its own.
@safe
final class RetiringThread: @unchecked Sendable {
  let cpu: Int
  private(set) var begin: UInt64 = 0
  private(set) var end: UInt64 = 0
  private var thread = pthread_t()
  private let tables: UnlinkedBox

  init(_ cpu: Int, in space: Space) {
    self.cpu = cpu
    tables = UnlinkedBox(makeTables(tableCount / 2, in: space))
  }

  func start() {
    let this = unsafe Unmanaged.passUnretained(self).toOpaque()
    let result = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<RetiringThread>.fromOpaque(argument)
          .takeUnretainedValue().run()
        return nil
      }, this)
    Bench.check(result == 0, "a thread")
  }

  func join() {
    pthread_join(thread, nil)
  }

  private func run() {
    bench_pin(Int32(cpu))
    bench_set_current_cpu(Int32(cpu))
    bench_meet(2)
    begin = Bench.now()
    tables.retire()
    end = Bench.now()
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
