// SPDX-License-Identifier: Apache-2.0

internal import FallowRecordSystem

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The command that runs while the kernel is recorded.
///
/// It is killed if the recorder dies.
struct Command {
  private let process: Int32

  /// Starts the command.
  ///
  /// - Throws: ``RecordError/cannotRun(command:reason:)``.
  init(_ arguments: [String]) throws(RecordError) {
    var pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    let started = unsafe fallow_spawn(&pointers)
    guard started > 0 else {
      throw .cannotRun(
        command: arguments[0], reason: SystemFile.reason(-started))
    }
    process = started
  }

  /// Passes a request to end on.
  ///
  /// A terminal sends SIGINT to the command too.
  func pass(_ signal: Int32) {
    if signal == SIGTERM { kill(process, SIGTERM) }
  }

  /// How it ended; nil if it has not.
  var status: Int32? {
    let status = fallow_status(process)
    return status < 0 ? nil : status
  }
}
