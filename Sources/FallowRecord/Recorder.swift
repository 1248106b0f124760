// SPDX-License-Identifier: Apache-2.0

internal import FallowRecordSystem

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Records the page-table frees of the running kernel.
///
///     let recorder = try Recorder(to: "record.txt", replacing: false)
///     try recorder.record()
///
/// It sets BPF programs at kprobes by perf events. All of it belongs to file
/// descriptors of this process, so nothing stays behind when it ends, even by
/// SIGKILL.
public struct Recorder {
  /// What a recording came to.
  public struct Outcome: Sendable {
    /// Events that were written.
    public var events: UInt64
    /// Events for which the ring had no room.
    public var lost: UInt64
    /// How the command ended: its exit status, or 128 plus the signal's
    /// number; nil without a command.
    public var commandStatus: Int32?
  }

  private let path: String
  private let replaces: Bool
  private let command: [String]

  /// The size of the ring in bytes: room for some 12,000 events about tables.
  private static let ringSize = 4 << 20
  /// How often the ring is emptied, in milliseconds: often enough for 100,000
  /// events a second, and rarely, since a look at an empty ring costs as well.
  private static let interval: Int32 = 100
  /// How often the recorder looks at the end whether the list is empty, in
  /// milliseconds.
  private static let drainInterval: Int32 = 10
  /// How many times it does.
  private static let drainRounds = 200

  /// A recorder that writes to the file at `path`.
  ///
  /// - Parameters:
  ///   - path: The file to create; `-` is standard output.
  ///   - replacing: Whether an existing file is replaced.
  ///   - command: A command to run meanwhile, and its arguments; with none,
  ///     recording lasts until SIGINT or SIGTERM.
  public init(to path: String, replacing: Bool, command: [String] = []) {
    self.path = path
    replaces = replacing
    self.command = command
  }

  /// Records, from the self-test to the end of the command or the signal.
  ///
  /// - Parameter onReady: Called when the probes are set and tested, with how
  ///   many there are, just before the command starts.
  /// - Returns: What was recorded.
  /// - Throws: ``RecordError``; a kernel that cannot be recorded is refused
  ///   before the file is created.
  public func record(
    onReady: (Int) -> Void = { _ in }
  ) throws(RecordError) -> Outcome {
    #if !os(Linux) || !arch(x86_64)
      throw .unsupportedMachine
    #endif
    guard geteuid() == 0 else { throw .notRoot }
    try RecordFile.check(path: path, replaces: replaces)
    let target = try TargetKernel()
    let programs = try LoadedPrograms(ringSize: Self.ringSize)
    try programs.write(target.settings())
    let ring = try EventRing(programs)
    let device = try ProbeDevice()
    try test(target, programs, ring, device)
    var probes = try ProbeSet(target.plan.probes, programs, device)

    var file = try RecordFile(path: path, replaces: replaces)
    do {
      try heading(target, probes, to: &file)
      return try record(
        target, programs, ring, &probes, to: &file, onReady: onReady)
    } catch {
      if case .cannotRun = error { file.discard() }
      throw error
    }
  }

  private func test(
    _ target: TargetKernel, _ programs: LoadedPrograms,
    _ ring: borrowing EventRing, _ device: ProbeDevice
  ) throws(RecordError) {
    let program = try programs.load("self_test")
    let probe = try device.open(
      target.selfTestCall, isReturn: false, program)
    withExtendedLifetime(probe) { fallow_self_test() }
    var events: [fallow_event] = []
    try ring.drain { events.append($0) }
    try SelfTest.judge(events.first)
  }

  private func heading(
    _ target: TargetKernel, _ probes: ProbeSet,
    to file: inout RecordFile
  ) throws(RecordError) {
    try file.write(line: "# fallow record 1")
    try file.write(line: "# kernel \(target.release) \(target.version)")
    try file.write(line: "# clock CLOCK_MONOTONIC")
    if !target.isLayoutChecked {
      try file.write(
        line: "# layout not checked: the kernel does not describe its types")
    }
    for route in target.plan.routes {
      try file.write(
        line: "# route \(route.function) queues \(route.queues) at-once "
          + "\(route.atOnce.count)")
    }
    for line in probes.lines(target.symbols) { try file.write(line: line) }
    try file.write(line: "# ready")
    try file.flush()
  }

  private func record(
    _ target: TargetKernel, _ programs: LoadedPrograms,
    _ ring: borrowing EventRing, _ probes: inout ProbeSet,
    to file: inout RecordFile, onReady: (Int) -> Void
  ) throws(RecordError) -> Outcome {
    let text = EventText(symbols: target.symbols)
    var outcome = Outcome(events: 0, lost: 0, commandStatus: nil)
    fallow_block_signals()
    onReady(probes.count)
    let child = try command.isEmpty ? nil : Command(command)
    var isDone = false
    while !isDone {
      let signal = fallow_wait_signal(Self.interval)
      try drain(ring, text, &outcome, to: &file)
      if let child {
        child.pass(signal)
        outcome.commandStatus = child.status
        isDone = outcome.commandStatus != nil
      } else {
        isDone = signal == SIGINT || signal == SIGTERM
      }
    }
    // What is on the list will be released; its life is to be whole.
    var rounds = 0
    while target.isListEmpty() == false, rounds < Self.drainRounds {
      rounds += 1
      _ = fallow_wait_signal(Self.drainInterval)
      try drain(ring, text, &outcome, to: &file)
    }
    probes.remove()
    try drain(ring, text, &outcome, to: &file)
    outcome.lost = programs.readSettings().lost
    try file.write(line: "# lost \(outcome.lost)")
    try file.write(line: "# list \(Self.name(target.isListEmpty()))")
    try file.write(line: "# end")
    try file.flush()
    return outcome
  }

  private func drain(
    _ ring: borrowing EventRing, _ text: EventText, _ outcome: inout Outcome,
    to file: inout RecordFile
  ) throws(RecordError) {
    var lines: [String] = []
    try ring.drain { lines.append(text.line($0)) }
    for line in lines { try file.write(line: line) }
    outcome.events += UInt64(lines.count)
    try file.flush()
  }

  private static func name(_ isEmpty: Bool?) -> String {
    switch isEmpty {
    case true?: "empty"
    case false?: "not empty"
    case nil: "unknown"
    }
  }
}
