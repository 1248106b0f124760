internal import Fallow
internal import FallowMachine
internal import FallowSchemes

/// Drives everything that takes a recording with one, to its end.
enum Driven {
  /// A recording with more events takes too long for one input.
  private static let limit = 200

  /// Replays `recording` under each scheme, and checks what must hold whatever
  /// it says: the library's own scheme is never violated.
  static func run(_ recording: Recording) {
    guard recording.events.count <= limit else { return }
    var options = ReplayOptions()
    options.requestsPerSecond = 500
    _ = Replay(of: recording, options: options) { machine in
      ReplayScheme(
        Immediate(on: machine.platform), name: "immediate",
        claimsSafety: false, worker: .whenScheduled, unplug: .freesThenClears)
    }.run()
    _ = Replay(of: recording, options: options) { machine in
      ReplayScheme(
        Upstream(sharing: Sharing(driver: machine.driver)), name: "upstream",
        claimsSafety: true, worker: .asRecorded, unplug: .freesThenClears)
    }.run()
    let own = Replay(of: recording, options: options) { machine in
      ReplayScheme(
        Reclaimer(sharing: Sharing(driver: machine.driver)), name: "fallow",
        claimsSafety: true, worker: .whenScheduled, unplug: .unlinksThenRetires)
    }.run()
    precondition(own.result.verdict != .violated)
  }
}
