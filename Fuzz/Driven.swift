// SPDX-License-Identifier: Apache-2.0

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
    _ = SchemeName.immediate.replay(recording, options)
    _ = SchemeName.upstream.replay(recording, options)
    let own = SchemeName.fallow.replay(recording, options)
    precondition(own.result.verdict != .violated)
  }
}
