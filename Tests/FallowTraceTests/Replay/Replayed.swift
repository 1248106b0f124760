// SPDX-License-Identifier: Apache-2.0

import Fallow
import FallowMachine
import FallowSchemes

@testable import FallowTrace

/// Recordings and schemes, put together as the tool does.
enum Replayed {
  /// Fewer requests than usual: enough for what is tested.
  static var options: ReplayOptions {
    var options = ReplayOptions()
    options.requestsPerSecond = 2_000
    return options
  }

  static func recording(_ sample: Sample) throws -> Recording {
    try Recording(path: sample.path)
  }

  static func immediate(
    _ recording: Recording, _ options: ReplayOptions
  ) -> ReplayOutcome {
    SchemeName.immediate.replay(recording, options)
  }

  static func upstream(
    _ recording: Recording, _ options: ReplayOptions
  ) -> ReplayOutcome {
    SchemeName.upstream.replay(recording, options)
  }

  static func fallow(
    _ recording: Recording, _ options: ReplayOptions
  ) -> ReplayOutcome {
    fallowReplay(recording, options).run()
  }

  static func fallowReplay(
    _ recording: Recording, _ options: ReplayOptions
  ) -> Replay<Reclaimer<VTd<MachinePlatform>>, VTd<MachinePlatform>> {
    Replay(of: recording, options: options) { machine in
      ReplayScheme(
        Reclaimer(
          sharing: Sharing(driver: machine.driver), window: options.window,
          limit: options.limit), name: "fallow",
        claimsSafety: true, worker: .whenScheduled, unplug: .unlinksThenRetires)
    }
  }

  static func all(
    _ recording: Recording, _ options: ReplayOptions
  ) -> [ReplayOutcome] {
    [
      immediate(recording, options), upstream(recording, options),
      fallow(recording, options),
    ]
  }
}
