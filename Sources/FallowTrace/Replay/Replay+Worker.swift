// SPDX-License-Identifier: Apache-2.0

import Fallow
internal import FallowMachine

/// When the worker runs.
extension Replay {
  /// The platform wants the worker in `delay` nanoseconds; a run that is due
  /// earlier stays due.
  func workerScheduled(after delay: UInt64) {
    guard case .whenScheduled = subject.worker else { return }
    let latency =
      options.workerLatency ?? recording.report.workerLatency.medianNanoseconds
    let due = machine.now + delay + latency
    if let earlier = worker.due, earlier <= due { return }
    worker.due = due
    machine.schedule(at: due) { [unowned self] in
      guard worker.due == due else { return }
      worker.due = nil
      runWorker()
    }
  }

  /// The recorded worker took the list, with the event at `index`.
  func runAsRecorded(at index: Int) {
    guard case .asRecorded = subject.worker else { return }
    clearEntriesBeforeInvalidation(of: index)
    runWorker()
  }

  /// Runs the worker, once more after the run that is under way.
  func runWorker() {
    guard !worker.isRunning else {
      log.runsWaiting += 1
      return
    }
    worker.isRunning = true
    repeat {
      observeEvents()
      log.beginRun()
      subject.scheme.reclaim()
      observeEvents()
      log.endRun()
      clearEntriesAfterRun()
      mindFailures()
      if log.runsWaiting == 0 { break }
      log.runsWaiting -= 1
    } while true
    worker.isRunning = false
    placeWaitingLeaves()
    goOn()
  }
}
