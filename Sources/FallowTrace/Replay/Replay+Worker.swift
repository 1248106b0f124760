import Fallow
internal import FallowMachine

/// When the worker runs.
extension Replay {
  /// The platform wants the worker.
  func workerScheduled() {
    guard case .whenScheduled = subject.worker, !worker.isScheduled else {
      return
    }
    worker.isScheduled = true
    let latency =
      options.workerLatency ?? recording.report.workerLatency.medianNanoseconds
    machine.schedule(at: machine.now + latency) { [unowned self] in
      worker.isScheduled = false
      runWorker()
    }
  }

  /// The recorded worker ran.
  func runAsRecorded() {
    guard case .asRecorded = subject.worker else { return }
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
      if log.runsWaiting == 0 { break }
      log.runsWaiting -= 1
    } while true
    worker.isRunning = false
  }
}
