// SPDX-License-Identifier: Apache-2.0

/// What the state says of an actor's log: a digest, and the frames that the log
/// names.
///
/// The digest does not depend on names. A frame stands in it by its place in the
/// order of first naming, and a slot by whether the actor works on it. So under
/// other names of frames other frames are mentioned, and the digest stays.
struct LogSummary: BitwiseCopyable {
  private(set) var digest: UInt64
  private(set) var mentions: Mentions

  /// Of no access; or of a log that is to have some.
  init(digest: UInt64 = 0) {
    self.digest = digest
    mentions = Mentions()
  }

  /// What `cells` say of an actor's log.
  init(of actor: Int, in cells: Cells, _ layout: Layout) {
    digest = cells[layout.digests &+ actor]
    mentions = Mentions(rawValue: cells[layout.mentions &+ actor])
  }

  func write(to cells: Cells, of actor: Int, _ layout: Layout) {
    cells[layout.digests &+ actor] = digest
    cells[layout.mentions &+ actor] = mentions.rawValue
  }

  /// Adds the next access of the log, by the names that the slots have for its
  /// actor.
  @inline(__always)
  mutating func add(
    _ logged: LoggedAccess, frames: Int, _ fingerprint: Fingerprint
  ) {
    digest = fingerprint.digest(digest, mentions.add(logged, frames: frames))
  }
}
