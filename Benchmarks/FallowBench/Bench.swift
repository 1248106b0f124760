// SPDX-License-Identifier: Apache-2.0

import BenchSupport
import Fallow
import Glibc

/// Prints one line, `fallow OPERATION ns-per-unit units note`, after it made sure
/// that the work was done.
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
    bench_set_current_cpu(0)
    let arguments = CommandLine.arguments
    guard arguments.count >= 3, let repetitions = Int(arguments[2]),
      repetitions > 0
    else { refuse() }
    Arena.start()
    if arguments.count == 3, let operation = Operation(rawValue: arguments[1]) {
      unsafe lookUps = drawLookUps()
      report(operation.rawValue, repetitions, byMedian: operation == .enqueue2)
      {
        operation.run(isShort: repetitions == 1)
      }
    } else if arguments.count == 5, let mix = Mix(rawValue: arguments[1]),
      let format = MixFormat(rawValue: arguments[3])
    {
      ScatteredPages.draw()
      let list =
        mix.isList
        ? OperationList("\(arguments[4])/\(mix.file(for: format)).bin") : nil
      report(mix.rawValue, repetitions) { mix.run(list, format: format) }
    } else {
      refuse()
    }
  }

  private static func refuse() -> Never {
    print(
      """
      usage: fallow-bench OPERATION REPETITIONS
             fallow-bench MIX REPETITIONS FORMAT FOLDER-OF-LISTS
      """)
    exit(2)
  }

  /// Runs an operation and prints its best time.
  private static func report(
    _ name: String, _ repetitions: Int, byMedian: Bool = false,
    _ run: () -> (time: UInt64, units: UInt64)
  ) {
    var times: [UInt64] = []
    var units: UInt64 = 0
    for _ in 0..<repetitions {
      Arena.reset()
      let (time, done) = run()
      units = done
      if time > 0 { times.append(time) }
    }
    times.sort()
    guard let best = times.first else {
      print("fallow \(name) n/a 0 the threads never overlapped")
      exit(6)
    }
    let time = byMedian ? times[times.count / 2] : best
    let perUnit = (Double(time) / Double(units) * 1000).rounded() / 1000
    print("fallow \(name) \(perUnit) \(units) checked")
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
