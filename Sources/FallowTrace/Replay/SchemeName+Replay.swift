// SPDX-License-Identifier: Apache-2.0

internal import Fallow
internal import FallowMachine
public import FallowSchemes

/// The schemes that a recording can be replayed under.
///
/// They are put together here, so that the compiler makes a replay of its own
/// for each of them.
extension SchemeName {
  /// Whether the scheme gathers tables for a time before its worker starts.
  public var hasWindow: Bool {
    switch self {
    case .immediate, .upstream: false
    case .fallow: true
    }
  }

  /// Replays `recording` under the scheme.
  ///
  /// - Parameters:
  ///   - recording: The recording.
  ///   - options: The devices, and what the recording does not say.
  ///   - onProgress: Called with the number of events replayed so far.
  /// - Returns: What came of it.
  /// - Complexity: O(events + device requests)
  public func replay(
    _ recording: Recording, _ options: ReplayOptions,
    onProgress: ((Int) -> Void)? = nil
  ) -> ReplayOutcome {
    switch options.iommu {
    case .vtd: replay(recording, options, on: .vtd, onProgress: onProgress)
    case .riscv: replay(recording, options, on: .riscv, onProgress: onProgress)
    }
  }

  private func replay<Driver>(
    _ recording: Recording, _ options: ReplayOptions,
    on iommus: ReplayIOMMUs<Driver>, onProgress: ((Int) -> Void)?
  ) -> ReplayOutcome {
    switch self {
    case .immediate:
      Replay(of: recording, options: options, on: iommus) { machine, _ in
        ReplayScheme(
          Immediate(on: machine.platform), name: rawValue, claimsSafety: false,
          worker: .whenScheduled, unplug: .freesThenClears)
      }.run(onProgress: onProgress)
    case .upstream:
      Replay(of: recording, options: options, on: iommus) { _, driver in
        ReplayScheme(
          Upstream(sharing: Sharing(driver: driver())), name: rawValue,
          claimsSafety: true, worker: .asRecorded, unplug: .freesThenClears)
      }.run(onProgress: onProgress)
    case .fallow:
      Replay(of: recording, options: options, on: iommus) { _, driver in
        ReplayScheme(
          Reclaimer(
            sharing: Sharing(driver: driver()), window: options.window,
            limit: options.limit), name: rawValue, claimsSafety: true,
          worker: .whenScheduled, unplug: .unlinksThenRetires)
      }.run(onProgress: onProgress)
    }
  }
}
