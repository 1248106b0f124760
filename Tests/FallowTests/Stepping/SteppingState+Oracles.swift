// SPDX-License-Identifier: Apache-2.0

@testable import Fallow

extension SteppingState {
  /// What is wrong in this state, wherever its actors are.
  func violation() -> String? {
    let freed = (heldByIOMMU | heldByCPUs) & free
    if freed != 0 {
      return "a walker may hold a free frame (\(String(freed, radix: 2)))"
    }
    guard !actors.contains(where: \.isRunning) else { return nil }
    return quietViolation()
  }

  /// Between operations each frame is in exactly one place, the counts say
  /// what the tables say, and the accounts what the descriptors say.
  private func quietViolation() -> String? {
    var places = [Int](repeating: 0, count: frameCount)
    func add(_ frames: UInt64) {
      for index in 0..<frameCount where frames >> UInt64(index) & 1 != 0 {
        places[index] += 1
      }
    }
    add(free)
    add(reachable)
    var isAnythingRetired = false
    for word in [KernelWord.parked] + retiredLists {
      var frame = FrameNumber(listHead: words[place(word)])
      while frame != .none {
        if word != .parked { isAnythingRetired = true }
        places[index(of: frame)] += 1
        if places[index(of: frame)] > 1 { break }
        frame = FrameNumber(listHead: words[place(.link, of: frame)])
      }
    }
    if places.contains(where: { $0 != 1 }) {
      return "frames are in \(places) places"
    }
    if isAnythingRetired && !isWorkerScheduled { return "a wake-up was lost" }
    for index in 0..<frameCount where reachable >> UInt64(index) & 1 != 0 {
      let frame = FrameNumber(Self.firstFrame + UInt64(index))
      let live = words[place(.live, of: frame)]
      let used = entries(of: frame).count { $0 != 0 }
      if live != UInt64(used) {
        return "frame \(frame.rawValue) counts \(live) of \(used) entries"
      }
    }
    return accountViolation()
  }

  private var retiredLists: [KernelWord] {
    (0..<(actors.count - 1)).map { KernelWord.retired(by: $0) }
  }

  private func accountViolation() -> String? {
    func counted(_ state: TableState) -> UInt64 {
      words[place(.account(state))]
    }
    let quarantined =
      counted(.quarantined) - counted(.parked) - counted(.released)
      - counted(.retained)
    let accounts = [
      (TableState.constructed, counted(.constructed) - counted(.linked)),
      (.linked, counted(.linked) - counted(.unlinked)),
      (.unlinked, counted(.unlinked) - counted(.quarantined)),
      (.quarantined, quarantined), (.parked, counted(.parked)),
    ]
    for (state, accounted) in accounts {
      let found = (0..<frameCount).count { index in
        let word = typeWord(of: FrameNumber(Self.firstFrame + UInt64(index)))
        return free >> UInt64(index) & 1 == 0 && word.kind == .table
          && word.state == state
      }
      if accounted != UInt64(found) {
        return "\(accounted) tables are accounted \(state), not \(found)"
      }
    }
    return nil
  }
}
