import CMachine
package import Fallow
import Synchronization

/// The CPU that the machine does not start by itself.
package enum SecondCPU {
  /// What it does, when it is asked.
  enum Job: UInt64 {
    case none, read, churn
  }

  /// What it is asked to do; ``Job/none`` again when it has.
  private static let job = Atomic<UInt64>(Job.none.rawValue)

  /// Starts it on the tables of `setup`, and waits until it takes interrupts.
  ///
  /// The image's entry for it calls ``serve(_:)`` with the same setup.
  package static func start<Format, Driver>(on setup: Setup<Format, Driver>) {
    machine_start_second_cpu(
      setup.process.space.root.address.rawValue,
      setup.space.root.address.rawValue)
    while !Kernel().isOnline(1) { machine_pause() }
  }

  /// Asks it to begin.
  static func begin(_ job: Job) {
    Self.job.store(job.rawValue, ordering: .sequentiallyConsistent)
    machine_call_other_cpus()
  }

  /// Waits until it is done.
  static func await() {
    while job.load(ordering: .acquiring) != Job.none.rawValue {
      machine_pause()
    }
  }

  /// Sleeps until it is asked, and does what it is asked.
  package static func serve<Format, Driver>(
    _ setup: Setup<Format, Driver>
  ) -> Never {
    Kernel().joinCrossCalls()
    while true {
      machine_disable_interrupts()
      let asked = Job(rawValue: job.load(ordering: .acquiring)) ?? .none
      if asked == .none {
        machine_await_interrupt()
        continue
      }
      machine_enable_interrupts()
      switch asked {
      case .none: break
      case .read: TwoCPUs(setup).readUntilStopped()
      case .churn: TwoCPUs(setup).churn()
      }
      job.store(Job.none.rawValue, ordering: .releasing)
    }
  }
}
