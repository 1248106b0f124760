import BareKernel
import CMachine
import Fallow
import Synchronization

/// The CPU that QEMU does not start by itself.
enum SecondCPU {
  /// What it does, when it is asked.
  enum Job: UInt64 {
    case none, read, churn
  }

  /// What it runs on; set before it starts.
  nonisolated(unsafe) static var setup: X86Setup?

  /// What it is asked to do; ``Job/none`` again when it has.
  static let job = Atomic<UInt64>(Job.none.rawValue)

  /// Starts it, and waits until it takes interrupts.
  static func start(on setup: X86Setup) {
    unsafe Self.setup = setup
    machine_place_trampoline(setup.process.root.address.rawValue)
    // To all but this one: INIT, then the page to start at.
    machine_store32(0xfee0_0300, 0x000c_4500)
    machine_store32(
      0xfee0_0300,
      0x000c_4600 | UInt32(MACHINE_TRAMPOLINE_AT) &>> 12)
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
  static func serve() -> Never {
    while true {
      machine_disable_interrupts()
      let asked = Job(rawValue: job.load(ordering: .acquiring)) ?? .none
      if asked == .none {
        machine_await_interrupt()
        continue
      }
      machine_enable_interrupts()
      guard let setup = unsafe setup else { continue }
      switch asked {
      case .none: break
      case .read: TwoCPUs(setup).readUntilStopped()
      case .churn: TwoCPUs(setup).churn()
      }
      job.store(Job.none.rawValue, ordering: .releasing)
    }
  }
}

/// Where its entry code goes.
@c(second_cpu_main)
func secondCPUMain() {
  Interrupts.startLocalAPIC()
  Kernel().joinCrossCalls()
  SecondCPU.serve()
}
