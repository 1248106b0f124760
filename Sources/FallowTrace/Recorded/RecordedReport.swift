// SPDX-License-Identifier: Apache-2.0

/// Everything that `--recorded` prints, computed while reading.
///
/// Encoded, it is an object with the names of the properties as keys, but for
/// ``flow``.
public struct RecordedReport: Codable, Equatable, Sendable {
  /// What was read, line by line.
  public var trace: TraceSummary
  /// What the recording says about the deferred free.
  public var recorded: RecordedFigures
  /// How many of the freed tables have a place.
  public var placement: PlacementCounts
  /// Tables given back before the entry that links them was cleared.
  public var freedBeforeClear: FreedBeforeClear
  /// Tables queued before the entry that links them was cleared.
  public var queuedBeforeClear: QueuedBeforeClear
  /// What the recording leaves open.
  public var evidence: RecordedEvidence
  /// How well two rules foretell the worker's batches.
  public var batchRules: BatchRules
  /// How long the worker took to start.
  public var workerLatency: WorkerLatency
  /// How tables went through the queue; not encoded.
  public var flow = TableFlow()

  private enum CodingKeys: String, CodingKey {
    case trace, recorded, placement, freedBeforeClear, queuedBeforeClear
    case evidence, batchRules, workerLatency
  }

  /// Reads a recording (`-` is standard input) and computes its report.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - onProgress: Receives the bytes read so far and the file's size.
  /// - Returns: The report.
  /// - Throws: ``TraceError`` if there is nothing to read.
  /// - Complexity: O(the recording's length) in time; in memory, eight bytes
  ///   for each table released and for each worker run.
  public static func read(
    path: String, onProgress: ((TraceProgress) -> Void)? = nil
  ) throws(TraceError) -> RecordedReport {
    try read(TraceReader(path: path, onProgress: onProgress))
  }

  /// Computes the report of what `reader` reads.
  ///
  /// - Parameter reader: The reader of the file.
  /// - Returns: The report.
  /// - Throws: ``TraceError`` if there is nothing to read.
  public static func read(
    _ reader: TraceReader
  ) throws(TraceError) -> RecordedReport {
    var counter = ReportCounter()
    let reading = try reader.read(into: &counter)
    _ = counter.finish()
    return counter.report(reading)
  }
}

extension RecordedFigures {
  /// Reads a recording (`-` is standard input) and computes its figures.
  ///
  /// ``RecordedReport`` has these and more for the same reading.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - onProgress: Receives the bytes read so far and the file's size.
  /// - Returns: The report.
  /// - Throws: ``TraceError`` if there is nothing to read.
  public static func read(
    path: String, onProgress: ((TraceProgress) -> Void)? = nil
  ) throws(TraceError) -> (TraceSummary, RecordedFigures, PlacementCounts) {
    let report = try RecordedReport.read(path: path, onProgress: onProgress)
    return (report.trace, report.recorded, report.placement)
  }
}
