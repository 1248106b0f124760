internal import ArgumentParser
internal import Fallow
internal import FallowMachine
internal import FallowSchemes
internal import FallowTrace

/// The schemes that a replay can run.
enum SchemeName: String, CaseIterable, ExpressibleByArgument {
  /// Linux before 6.19.
  case immediate
  /// Linux from 6.19 on.
  case upstream
  /// The library's own.
  case fallow

  /// Whether the scheme gathers tables for a time before its worker starts.
  var hasWindow: Bool {
    switch self {
    case .immediate, .upstream: false
    case .fallow: true
    }
  }

  /// Replays `recording` under the scheme.
  func replay(
    _ recording: Recording, _ options: ReplayOptions,
    onProgress: @escaping (Int) -> Void
  ) -> ReplayOutcome {
    switch self {
    case .immediate:
      Replay(of: recording, options: options) { machine in
        ReplayScheme(
          Immediate(on: machine.platform), name: rawValue, claimsSafety: false,
          worker: .whenScheduled, unplug: .freesThenClears)
      }.run(onProgress: onProgress)
    case .upstream:
      Replay(of: recording, options: options) { machine in
        ReplayScheme(
          Upstream(sharing: Sharing(driver: machine.driver)), name: rawValue,
          claimsSafety: true, worker: .asRecorded, unplug: .freesThenClears)
      }.run(onProgress: onProgress)
    case .fallow:
      Replay(of: recording, options: options) { machine in
        ReplayScheme(
          Reclaimer(
            sharing: Sharing(driver: machine.driver), window: options.window,
            limit: options.limit), name: rawValue, claimsSafety: true,
          worker: .whenScheduled, unplug: .unlinksThenRetires)
      }.run(onProgress: onProgress)
    }
  }
}
