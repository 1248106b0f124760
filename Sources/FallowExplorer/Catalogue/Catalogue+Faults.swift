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
        "M1: a draft of 8 August 2025", .invalidationSkipped, small),
      worker(
        "never-invalidates", .neverInvalidates, "the worker asks no walker",
        "M3: the request could not be allocated", .invalidationSkipped, small),
      worker(
        "frees-then-invalidates", .freesThenInvalidates,
        "each table goes back, then the walkers are asked",
        "M2 in the worker", .invalidationSkipped, small),
      worker(
        "lost-wake-up", .schedulesFirst,
        "the worker is scheduled before the table is on the list", "M7",
        .leak, small),
      worker(
        "never-schedules", .neverSchedules, "the worker is not scheduled",
        "M18: freed before the work queue exists", .leak, small),
      worker(
        "reads-link-after-free", .readsLinkAfterFree,
        "the next table is read from a descriptor that is someone else's",
        "M10", .accessToFree, twoSlots),
      worker(
        "requeues", .requeues, "the worker queues each table again",
        "M12: the mark is not cleared, pagetable_free() in the worker",
        .livelock, small),
      worker(
        "frees-twice", .freesTwice, "the batch is freed twice", "M11",
        .doubleFree, small),
      worker(
        "releases-parked", .releasesParked,
        "a failed wait does not stop the release", "M58", .failureIgnored,
        failing),
      worker(
        "loses-parked", .losesParked,
        "what a walker did not answer for is forgotten", "M57", .leak,
        failing),
      worker(
        "takes-in-two-steps", .takesInTwoSteps,
        "the list is read, then emptied", "M9: splice without the lock",
        .leak, twoCPUs),
      worker(
        "pushes-blindly", .pushesBlindly,
        "a push does not notice another", "M9: list_add without the lock",
        .leak, twoCPUs),
      worker(
        "ignores-readers", .ignoresReaders,
        "the worker does not wait for readers", "M61: ptdump",
        .accessToFree, .readers(bounds(cpus: 2))),
      worker(
        "waits-under-spin-lock", .waitsUnderSpinLock,
        "the walkers are awaited under the list's spin lock", "M21",
        .sleepInAtomic, small),
      worker(
        "producer-sleeps", .producerSleeps,
        "who retires waits for readers in a read section", "M21",
        .sleepInAtomic, small),
      worker(
        "producer-invalidates", .producerInvalidates,
        "who retires asks the walkers under a spin lock",
        "M21: the first version of the series", .sleepInAtomic, small),
      worker(
        "releases-first-early", .releasesFirstEarly,
        "the first table of a batch goes back before the invalidation",
        "M24: the PMD page of pud_free_pmd_page", .invalidationSkipped, small),
      worker(
        "loses-last", .losesLast, "one table of a batch is not released",
        "M16: a leak", .leak, small),
      worker(
        "skips-last-cpu", .skipsLastCPU,
        "the list of a CPU that went offline is not looked at",
        "the worker empties every list", .leak,
        .mapUnmap(bounds(cpus: 2, slots: 1))),
      worker(
        "spins-in-interrupt", .spinsInInterrupt,
        "a spin lock around the push, with interrupts on", "M20",
        .selfDeadlock, .interrupt),
      worker(
        "invalidates-twice", .invalidatesTwice,
        "the walkers are asked again for nothing", "economy of a batch",
        .idleInvalidation, small.economical),
      worker(
        "nests-sharing", .nestsSharing,
        "the sharing lock is taken under itself", "M22", .selfDeadlock, small),
      worker(
        "keeps-lock", .keepsLock, "the worker does not give its lock back",
        "M22", .lockDiscipline, small),
      worker(
        "links-through-page", .linksThroughPage,
        "a retired table is linked through its own first entry",
        "pKVM-IA PR 41", .writeIntoQuarantine, small),
      worker(
        "readers-before-splice", .waitsForReadersFirst,
        "the readers are waited for before the batch is taken", "M65",
        .accessToFree, .readers(bounds(cpus: 2))),
      worker(
        "needs-memory", .needsMemory,
        "the worker wants a frame while all are on its list", "M19", .leak,
        .mapUnmap(bounds(frames: 1))),
      worker(
        "interrupted-push", .pushesBlindly,
        "an enqueue is interrupted by an enqueue on the same CPU",
        "retire is legal in an interrupt", .leak, .interrupt),
      worker(
        "fences-before-taking", .fencesBeforeTaking,
        "the wait was queued before the table was taken",
        "M51: CVE-2026-68329", .invalidationSkipped, small),
      worker(
        "forgets-flush", .forgetsFlush,
        "the worker forgets the flush that collapses left to it",
        "decision: one CPU flush for a batch", .heldByCPU, .smallReshape),
      worker(
        "flushes-before-taking", .flushesBeforeTaking,
        "it flushes before it takes the batch",
        "decision: one CPU flush for a batch", .heldByCPU, .smallReshape),
    ]
  }

  /// Faults at the place where a table is made or unlinked.
  static var sites: [CatalogueEntry] {
    let small = Scenario.mapUnmap(bounds())
    let reader = Scenario.readers(bounds(cpus: 2))
    return [
      site(
        "frees-before-clear", .freesBeforeClear,
        "the table is freed while its entry points to it",
        "rmm's unmap_phys_inner; EFI and hot-remove in Linux",
        .releasedWhileLinked, small),
      site(
        "queues-before-clear", .queuesBeforeClear,
        "the table is queued while its entry points to it",
        "M4: kasan_free_pte() and hot-remove", .retiredWhileLinked, small),
      site(
        "wrong-frame", .wrongFrame,
        "the page that holds the entry is freed", "M6: syzbot on version 6",
        .retiredWhileLinked, small),
      site(
        "marks-late", .marksLate, "the table has no mark when it is linked",
        "M13", .unmarkedTable, small),
      site(
        "never-marks", .neverMarks, "the table never gets the mark",
        "M23, M27: CPA splits; hot-added tables", .unmarkedTable, small),
      site(
        "no-cpu-flush", .noCPUFlush, "the CPUs are not flushed",
        "explorer variant: CPU caches not flushed", .heldByCPU, small),
      site(
        "flushes-cpus-first", .flushesCPUsFirst,
        "the CPUs flush before the entry is cleared", "the a64 crate's order",
        .heldByCPU, small),
      site(
        "queues-twice", .queuesTwice, "two paths queue one table", "M11",
        .wrongState, small),
      site(
        "forgets", .forgets, "an unlinked table is not retired",
        "M6: the PTE page leaks", .leak, small),
      site(
        "frees-at-once", .freesAtOnce,
        "the site frees its table without the router",
        "M24, M26: a bypass of the queue", .invalidationSkipped, small),
      site(
        "frees-while-scheduled", .freesWhileScheduled,
        "the flush is scheduled, the table freed at once",
        "M2: version 3 of the series", .invalidationSkipped, small),
      site(
        "reads-outside-section", .readsOutsideSection,
        "a reader takes no read section", "M61, M63", .accessToFree, reader),
      site(
        "zeroes-in-quarantine", .zeroesInQuarantine,
        "a retired table is emptied", "never write into a quarantined table",
        .writeIntoQuarantine, small),
      site(
        "destructs-twice", .destructsTwice,
        "a table that was not unlinked is destructed", "M16", .wrongState,
        small),
      site(
        "looks-before-clearing", .looksBeforeClearing,
        "whether anyone shares is read before the entry is cleared",
        "M31: version 3 of the series", .invalidationSkipped,
        .mapUnmap(bounds(cpus: 2)).apart(cpu: 1)),
      site(
        "relinks", .relinks,
        "a table is hung up elsewhere, and no walker was asked",
        "caches of ready tables", .staleWalk, .mapUnmap(bounds(slots: 2))),
      site(
        "links-blindly", .linksBlindly,
        "a link is stored over another's", "a lost race without its check",
        .wrongLookup, .neighbours(bounds(cpus: 2, slots: 2))),
      site(
        "links-unfilled", .linksUnfilled,
        "a table is linked first and zeroed never",
        "the x86_64 crate's create_next_table", .leftoverEntry, small),
      site(
        "writes-late", .writesLate,
        "attributes are changed in a table that was collapsed meanwhile",
        "M63: cpa_lock is dropped for the allocation", .writeIntoQuarantine,
        reader),
      site(
        "drops", .drops, "a token is dropped", "the lifecycle is in the types",
        .droppedToken, small),
      site(
        "invalidates-for-nothing", .invalidatesForNothing,
        "a table that was never linked has every walker asked",
        "lost races in Linux 7.2", .idleInvalidation, small.economical),
    ]
  }

  /// Faults of joining and leaving.
  static var members: [CatalogueEntry] {
    let shared = Scenario.mapUnmap(bounds(cpus: 2)).apart(cpu: 1)
    let two = Scenario.mapUnmap(bounds(cpus: 2), iommus: 2).apart(cpu: 1)
    return [
      member(
        "announces-late", .announcesLate,
        "the device walks before it is announced",
        "M31: version 3 of the series", .invalidationSkipped, shared),
      member(
        "second-device-late", .announcesLate,
        "a device behind a second IOMMU walks before it is announced", "M34",
        .invalidationSkipped, two),
      member(
        "never-announces", .neverAnnounces,
        "a device behind a second IOMMU is not announced", "M34",
        .invalidationSkipped, two),
      member(
        "withdraws-early", .withdrawsEarly,
        "the device is off the list before its IOMMU has forgotten", "M33",
        .invalidationSkipped, shared),
      member(
        "withdraws-unanswered", .withdrawsUnanswered,
        "the device is off the list although its IOMMU did not answer",
        "M33 and M58", .failureIgnored,
        .mapUnmap(bounds(cpus: 2), failing: true).apart(cpu: 1)),
      member(
        "exit-keeps-walking", .keepsWalking,
        "the space is off the list and its PASID is live", "M36",
        .invalidationSkipped, shared),
      member(
        "reuses-unflushed", .reusesUnflushed,
        "a PASID is used again, and nothing was forgotten", "M37",
        .invalidationSkipped, shared),
      member(
        "frees-root-first", .freesRootFirst,
        "the list of shared spaces leads through a root that is free",
        "M35: CVE-2026-23429", .accessToFree, shared),
      member(
        "lock-inversion", .drainsUnderLock,
        "bind wants the worker's lock, the worker bind's", "M22", .deadlock,
        shared),
      vtd(
        "present-first",
        "a PASID's entry is present before the rest of it is written",
        "M39: CVE-2026-45945", .tornEntry, .vtd(joins: true)
      ) { HastyVTd(right: $0) },
      driver(
        "keeps-entry", .keepsEntry,
        "unbind does not empty the PASID cache", "M37",
        .invalidationSkipped, shared),
      driver(
        "expels-unflushed", .keepsCaches,
        "a device is expelled, and its IOMMU forgets nothing", "F14",
        .invalidationSkipped, shared.expelling),
      driver(
        "back-from-reset", .keepsDeviceTLB,
        "a device comes back from a reset with what it had cached",
        "M59: F14", .staleTranslation,
        Scenario.mapUnmap(bounds(cpus: 2), ats: true).apart(cpu: 1).expelling),
    ]
  }

  /// Faults of the commands to the IOMMUs.
  static var drivers: [CatalogueEntry] {
    let small = Scenario.mapUnmap(bounds())
    let wide = Scenario.mapUnmap(bounds(slots: 2))
    let ats = Scenario.mapUnmap(bounds(), ats: true)
    return [
      driver(
        "other-stage", .otherStage, "the other stage's cache is emptied",
        "M40: Linux 04b1b069f151", .invalidationTooNarrow, small),
      driver(
        "leaves-only", .leavesOnly, "the hint says that only leaves changed",
        "M41", .invalidationTooNarrow, small),
      driver(
        "one-page", .onePage, "the range is one page", "M42",
        .invalidationTooNarrow, wide),
      driver(
        "one-page-amd", .onePage, "the same where size bounds what is dropped",
        "M43", .invalidationTooNarrow, small.on(.amd)),
      driver(
        "upper-part", .upperPart, "the range begins in the middle of the half",
        "M45", .invalidationTooNarrow, small),
      driver(
        "device-first", .deviceFirst,
        "the device's TLB is emptied before the IOTLB", "M53",
        .staleTranslation, ats),
      driver(
        "no-device", .noDevice, "the device's TLB is not emptied",
        "M59: a flush skipped during a reset", .staleTranslation, ats),
      driver(
        "no-wait", .noWait, "nobody waits for the invalidation", "M50",
        .releasedBeforeCompletion, small),
      driver(
        "failure-is-success", .failureIsSuccess,
        "a time-out is taken for completion", "M58: AMD, RISC-V, SMMU",
        .failureIgnored, .mapUnmap(bounds(), failing: true)),
      driver(
        "first-iommu", .firstIOMMU, "the second IOMMU is not asked",
        "M34, M60", .invalidationTooNarrow, .mapUnmap(bounds(), iommus: 2)),
      driver(
        "first-pasid", .firstPASID, "the second PASID is not asked",
        "M36: a space whose notifier is gone", .invalidationTooNarrow,
        .mapUnmap(bounds(), pasids: 2)),
      driver(
        "silent", .silent, "only a wait is queued",
        "M46: the descriptor was rejected and replaced by a wait",
        .invalidationTooNarrow, small),
    ]
  }

  /// Rules of the hardware that are disputed, set the other way.
  static var hardware: [CatalogueEntry] {
    let small = Scenario.mapUnmap(bounds())
    return [
      library(
        "undrained", "a wait does not cover walks under way",
        "M55: whether it does is inferred", small.on(CacheRules.vtd.undrained),
        .fallow, .violation, .walkInFlight),
      library(
        "undrained-upstream", "the same under Linux's scheme",
        "M55: whether it does is inferred", small.on(CacheRules.vtd.undrained),
        .upstream, .violation, .walkInFlight),
      library(
        "forgotten-failure",
        "an error before the wait is queued is not reported at the wait",
        "M57: mates of an aborted batch; what a driver must not let pass",
        .mapUnmap(bounds(), failing: true).forgettingFailures, .fallow,
        .violation, .failureIgnored),
      library(
        "amd", "a command drops nothing larger than its size",
        "the claim on AMD's rules", small.on(.amd), .fallow),
    ]
  }
}
