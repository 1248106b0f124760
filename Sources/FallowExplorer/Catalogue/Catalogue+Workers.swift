// SPDX-License-Identifier: Apache-2.0

extension Catalogue {
  /// Faults of the queue and its worker.
  static var workers: [CatalogueEntry] {
    let small = Scenario.mapUnmap(bounds())
    let twoCPUs = Scenario.mapUnmap(bounds(cpus: 2, slots: 2))
    let twoSlots = Scenario.mapUnmap(bounds(slots: 2))
    let failing = Scenario.mapUnmap(bounds(), failing: true)
    return [
      worker(
        "flush-before-splice", .invalidatesBeforeTaking,
        "the walkers forget before the batch is taken",
        Origin.draft, .invalidationSkipped, small),
      worker(
        "never-invalidates", .neverInvalidates, "the worker asks no walker",
        Origin.version3, .invalidationSkipped, small),
      worker(
        "frees-then-invalidates", .freesThenInvalidates,
        "each table goes back, then the walkers are asked",
        own("the worker's last two steps exchanged"), .invalidationSkipped,
        small),
      worker(
        "lost-wake-up", .schedulesFirst,
        "the worker is scheduled before the table is on the list",
        own("the fix of CVE-2025-71202, its two steps exchanged"),
        .leak, small),
      worker(
        "never-schedules", .neverSchedules, "the worker is not scheduled",
        Origin.booting, .leak, small),
      worker(
        "reads-link-after-free", .readsLinkAfterFree,
        "the next table is read from a descriptor that is someone else's",
        own("the worker's list read without its _safe form"), .accessToFree,
        twoSlots),
      worker(
        "requeues", .requeues, "the worker queues each table again",
        own("pagetable_free() in the worker, the mark not cleared"),
        .livelock, small),
      worker(
        "frees-twice", .freesTwice, "the batch is freed twice",
        own("a batch that is released twice"),
        .doubleFree, small),
      worker(
        "releases-parked", .releasesParked,
        "a failed wait does not stop the release",
        "Linux 7.2, drivers/iommu/riscv: a time-out is only logged",
        .failureIgnored,
        failing),
      worker(
        "loses-parked", .losesParked,
        "what a walker did not answer for is forgotten",
        "Linux 7.2, qi_submit_sync(): waits that a time-out aborts", .leak,
        failing),
      worker(
        "takes-in-two-steps", .takesInTwoSteps,
        "the list is read, then emptied",
        own("the list of Linux's worker without its lock"),
        .leak, twoCPUs),
      worker(
        "pushes-blindly", .pushesBlindly,
        "a push does not notice another",
        own("the list of Linux's worker without its lock"),
        .leak, twoCPUs),
      worker(
        "ignores-readers", .ignoresReaders,
        "the worker does not wait for readers", Origin.ptdump,
        .accessToFree, .readers(bounds(cpus: 2))),
      worker(
        "waits-under-spin-lock", .waitsUnderSpinLock,
        "the walkers are awaited under the list's spin lock", Origin.version1,
        .sleepInAtomic, small),
      worker(
        "producer-sleeps", .producerSleeps,
        "who retires waits for readers in a read section", Origin.version1,
        .sleepInAtomic, small),
      worker(
        "producer-invalidates", .producerInvalidates,
        "who retires asks the walkers under a spin lock",
        Origin.version1, .sleepInAtomic, small),
      worker(
        "releases-first-early", .releasesFirstEarly,
        "the first table of a batch goes back before the invalidation",
        Origin.review, .invalidationSkipped, small),
      worker(
        "loses-last", .losesLast, "one table of a batch is not released",
        Origin.order, .leak, small),
      worker(
        "skips-last-cpu", .skipsLastCPU,
        "the list of a CPU that went offline is not looked at",
        own("the worker empties every list"), .leak,
        .mapUnmap(bounds(cpus: 2, slots: 1))),
      worker(
        "spins-in-interrupt", .spinsInInterrupt,
        "a spin lock around the push, with interrupts on",
        "Linux 7.2, mm/pgtable-generic.c: a plain spin lock",
        .selfDeadlock, .interrupt),
      worker(
        "invalidates-twice", .invalidatesTwice,
        "the walkers are asked again for nothing", own("economy of a batch"),
        .idleInvalidation, small.economical),
      worker(
        "nests-sharing", .nestsSharing,
        "the sharing lock is taken under itself",
        own("a lock that is taken under itself"), .selfDeadlock, small),
      worker(
        "keeps-lock", .keepsLock, "the worker does not give its lock back",
        own("a lock that is not given back"), .lockDiscipline, small),
      worker(
        "links-through-page", .linksThroughPage,
        "a retired table is linked through its own first entry",
        "pKVM-IA, pull request 41", .writeIntoQuarantine, small),
      worker(
        "readers-before-splice", .waitsForReadersFirst,
        "the readers are waited for before the batch is taken", Origin.ptdump,
        .accessToFree, .readers(bounds(cpus: 2))),
      worker(
        "needs-memory", .needsMemory,
        "the worker wants a frame while all are on its list",
        Origin.version7, .leak,
        .mapUnmap(bounds(frames: 1))),
      worker(
        "interrupted-push", .pushesBlindly,
        "an enqueue is interrupted by an enqueue on the same CPU",
        own("retire is legal in an interrupt"), .leak, .interrupt),
      worker(
        "fences-before-taking", .fencesBeforeTaking,
        "the wait was queued before the table was taken",
        "CVE-2026-68329", .invalidationSkipped, small),
      worker(
        "forgets-flush", .forgetsFlush,
        "the worker forgets the flush that collapses left to it",
        own("one CPU flush for a batch"), .heldByCPU, .smallReshape),
      worker(
        "flushes-before-taking", .flushesBeforeTaking,
        "it flushes before it takes the batch",
        own("one CPU flush for a batch"), .heldByCPU, .smallReshape),
    ]
  }
}
