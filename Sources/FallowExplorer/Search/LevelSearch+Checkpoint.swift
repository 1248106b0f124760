// SPDX-License-Identifier: Apache-2.0

/// A search that is kept in a file, and one that continues it.
///
/// The file has all that the rest of the search depends on: what is known, the
/// states of this level that were not expanded, those of the next, and what was
/// counted. So the counts are those of a search that was never stopped.
extension LevelSearch {
  private static var form: UInt64 { 0x4661_6c6c_6f77_0005 }

  /// Keeps the search if it is time, and says whether it is to stop.
  ///
  /// - Parameters:
  ///   - index: Which of the level's parts is being expanded.
  ///   - start: The first of its blocks that is not.
  func keep(_ index: Int, from start: Int) -> Bool {
    guard let checkpoint = options.checkpoint else { return false }
    let isStopped = options.isStopped?() ?? false
    let now = ContinuousClock.now
    let isDue = now - lastKept >= .seconds(checkpoint.interval)
    guard isStopped || isDue else { return false }
    do throws(CheckpointError) {
      try write(to: checkpoint, index, start)
      outcome.checkpointFailure = nil
    } catch {
      outcome.checkpointFailure = "\(error)"
    }
    lastKept = ContinuousClock.now
    outcome.isStopped = isStopped
    return isStopped
  }

  private func write(
    to checkpoint: CheckpointOptions, _ index: Int, _ start: Int
  ) throws(CheckpointError) {
    var file = try CheckpointWriter(path: checkpoint.path)
    try file.write(Self.form)
    let identity = checkpoint.identity.sorted { $0.key < $1.key }
    try file.write(UInt64(identity.count))
    for (name, value) in identity {
      try file.write(name)
      try file.write(value)
    }
    try file.write(UInt64(options.obstaclesSoFar))
    try file.write(UInt64(outcome.diameter))
    try file.write(UInt64(states))
    try file.write(counts.words)
    for hand in hands {
      options.guards?.merge(hand.expander.stepper.core.observedGuards)
    }
    try file.write(options.guards?.words ?? [])
    for (part, level) in levels.enumerated() where part >= index {
      let first = part == index ? start : 0
      for block in first..<max(first, level.blocks) {
        try file.write(UInt64(level.states(in: block)))
        try file.write(level.words(of: block))
      }
    }
    try file.write(0)
    for hand in hands {
      let next = hand.expander.next
      for block in 0..<next.blocks {
        try file.write(UInt64(next.states(in: block)))
        try file.write(next.words(of: block))
      }
    }
    try file.write(0)
    try file.write(UInt64(known))
    var failure: CheckpointError?
    table.forEach { fingerprint in
      if failure != nil { return }
      do throws(CheckpointError) {
        try file.write(fingerprint)
      } catch { failure = error }
    }
    if let failure { throw failure }
    try file.end()
  }

  /// What of a reduction's conditions a kept search has met, a bit each.
  ///
  /// - Throws: Why it cannot be continued.
  static func obstacles(
    in checkpoint: CheckpointOptions
  ) throws(CheckpointError) -> UInt32 {
    var file = try CheckpointReader(path: checkpoint.path)
    return try readHeading(&file, checkpoint)
  }

  private static func readHeading(
    _ file: inout CheckpointReader, _ checkpoint: CheckpointOptions
  ) throws(CheckpointError) -> UInt32 {
    guard try file.read() == form else { throw .damaged(checkpoint.path) }
    var found: [String: String] = [:]
    for _ in 0..<(try file.read()) {
      let name = try file.readText()
      found[name] = try file.readText()
    }
    let names = Set(found.keys).union(checkpoint.identity.keys).sorted()
    for name in names where found[name] != checkpoint.identity[name] {
      throw .other(
        checkpoint.path, name, found[name] ?? "not set",
        checkpoint.identity[name] ?? "not set")
    }
    return UInt32(truncatingIfNeeded: try file.read())
  }

  /// Goes on from where a search was kept.
  ///
  /// - Throws: Why it cannot be continued.
  func restore(from checkpoint: CheckpointOptions) throws(CheckpointError) {
    var file = try CheckpointReader(path: checkpoint.path)
    _ = try Self.readHeading(&file, checkpoint)
    outcome.diameter = Int(truncatingIfNeeded: try file.read())
    states = Int(truncatingIfNeeded: try file.read())
    guard
      let counts = SearchCounts(
        words: try file.readWords(atMost: 1 << 16))
    else { throw .damaged(checkpoint.path) }
    before = counts
    let guards = try file.readWords(atMost: 1 << 16)
    guard options.guards?.restore(guards) ?? guards.isEmpty else {
      throw .damaged(checkpoint.path)
    }
    try readStates(&file, checkpoint.path) { levels[0].append($0, $1) }
    try readStates(&file, checkpoint.path) { hands[0].expander.keep($0, $1) }
    let known = Int(truncatingIfNeeded: try file.read())
    guard known == self.known else { throw .damaged(checkpoint.path) }
    while table.capacity / 4 * 3 <= known { table.grow() }
    for _ in 0..<known {
      let fingerprint = try file.read()
      if fingerprint == 0 { throw .damaged(checkpoint.path) }
      _ = table.insert(fingerprint)
    }
    isContinued = true
  }

  private func readStates(
    _ file: inout CheckpointReader, _ path: String,
    _ body: (Cells, Symmetry) -> Void
  ) throws(CheckpointError) {
    let layout = Layout(search.scenario.bounds)
    var reader = FrontierReader(layout: layout)
    while true {
      let count = try file.read()
      if count == 0 { return }
      guard count <= UInt64(Frontier.statesPerBlock) else {
        throw .damaged(path)
      }
      let most = Frontier.statesPerBlock * layout.size * 2
      reader.open(try file.readWords(atMost: most))
      for _ in 0..<count {
        reader.next()
        body(reader.state, reader.symmetry)
      }
    }
  }
}
