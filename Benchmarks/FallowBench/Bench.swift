import BenchSupport
import Fallow
import Glibc

/// `fallow-bench fallow OP REPS`: prints one line, `fallow OP ns-per-unit units
/// note`, after it made sure that the work was done.
@main
enum Bench {
  static var listScheme: ListScheme { .make(on: ListKernel()) }
  static var buddyScheme: BuddyScheme { .make(on: BuddyKernel()) }

  /// The root of the space of the current repetition.
  static var space: Space { unsafe currentSpace.unsafelyUnwrapped }

  /// Where to look up, as distances from `firstAddress`.
  static var offsets: UnsafeMutablePointer<UInt32> {
    unsafe lookUps.unsafelyUnwrapped
  }

  /// Keeps a drain from being a jump, which an instruction counter that waits
  /// for its return would miss.
  nonisolated(unsafe) static var drains = 0
  nonisolated(unsafe) static var currentSpace: Space?
  nonisolated(unsafe) static var lookUps: UnsafeMutablePointer<UInt32>?

  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, arguments[1] == "fallow",
      let operation = Operation(rawValue: arguments[2]),
      let repetitions = Int(arguments[3]), repetitions > 0
    else {
      print("usage: fallow-bench fallow OP REPS")
      exit(2)
    }
    Arena.start()
    unsafe lookUps = drawLookUps()
    var times: [UInt64] = []
    var units: UInt64 = 0
    for _ in 0..<repetitions {
      Arena.reset()
      let (time, done) = operation.run(isShort: repetitions == 1)
      units = done
      if time > 0 { times.append(time) }
    }
    times.sort()
    guard let best = times.first else {
      print("fallow \(operation.rawValue) n/a 0 the threads never overlapped")
      exit(6)
    }
    let time = operation == .enqueue2 ? times[times.count / 2] : best
    let perUnit = (Double(time) / Double(units) * 1000).rounded() / 1000
    print("fallow \(operation.rawValue) \(perUnit) \(units) checked")
  }

  private static func drawLookUps() -> UnsafeMutablePointer<UInt32> {
    let offsets = UnsafeMutablePointer<UInt32>.allocate(capacity: lookUpCount)
    var state: UInt64 = 88_172_645_463_325_252
    for index in 0..<lookUpCount {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      unsafe offsets[index] = UInt32(truncatingIfNeeded: state) & 0x3fff_ffff
    }
    return unsafe offsets
  }

  /// Nanoseconds that `body` takes.
  static func time(_ body: () -> Void) -> UInt64 {
    let start = now()
    body()
    return now() - start
  }

  /// Nanoseconds since some moment.
  static func now() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Ends the program unless `condition` holds.
  static func check(_ condition: Bool, _ what: String) {
    guard condition else {
      print("wrong outcome: \(what)")
      exit(3)
    }
  }
}
