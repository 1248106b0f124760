// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Foundation
internal import Synchronization

/// Notes the first SIGINT or SIGTERM; the next ends the process.
final class StopRequest: @unchecked Sendable {
  private let flag = Atomic<Bool>(false)
  private var sources: [any DispatchSourceSignal] = []

  /// Notes it from now on.
  init() {
    let signals = [SIGINT, SIGTERM]
    for number in signals {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(
        signal: number, queue: .global())
      source.setEventHandler { [unowned self] in
        flag.store(true, ordering: .relaxed)
        for number in signals { signal(number, SIG_DFL) }
      }
      source.resume()
      sources.append(source)
    }
  }

  /// Whether it came.
  var isMade: Bool { flag.load(ordering: .relaxed) }
}
