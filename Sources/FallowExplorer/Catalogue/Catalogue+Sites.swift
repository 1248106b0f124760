// SPDX-License-Identifier: Apache-2.0

extension Catalogue {
  /// Faults at the place where a table is made or unlinked.
  static var sites: [CatalogueEntry] {
    let small = Scenario.mapUnmap(bounds())
    let reader = Scenario.readers(bounds(cpus: 2))
    return [
      site(
        "frees-before-clear", .freesBeforeClear,
        "the table is freed while its entry points to it",
        "redox-os/rmm: unmap_phys_inner; Linux 7.2, EFI",
        .releasedWhileLinked, small),
      site(
        "queues-before-clear", .queuesBeforeClear,
        "the table is queued while its entry points to it",
        "Linux 7.2, kasan_free_pte() and memory hot-remove",
        .retiredWhileLinked, small),
      site(
        "wrong-frame", .wrongFrame,
        "the page that holds the entry is freed", Origin.version6,
        .retiredWhileLinked, small),
      site(
        "marks-late", .marksLate, "the table has no mark when it is linked",
        own("a mark that comes after the link"), .unmarkedTable, small),
      site(
        "never-marks", .neverMarks, "the table never gets the mark",
        "CVE-2026-97525", .unmarkedTable, small),
      site(
        "no-cpu-flush", .noCPUFlush, "the CPUs are not flushed",
        "tgoskits 2009: a table is reclaimed without a flush", .heldByCPU,
        small),
      site(
        "flushes-cpus-first", .flushesCPUsFirst,
        "the CPUs flush before the entry is cleared",
        "StelluxOS 188: a flush before the entry is cleared",
        .heldByCPU, small),
      site(
        "queues-twice", .queuesTwice, "two paths queue one table",
        own("two paths that retire one table"),
        .wrongState, small),
      site(
        "forgets", .forgets, "an unlinked table is not retired",
        Origin.version6, .leak, small),
      site(
        "frees-at-once", .freesAtOnce,
        "the site frees its table without the router",
        Origin.version4, .invalidationSkipped, small),
      site(
        "frees-while-scheduled", .freesWhileScheduled,
        "the flush is scheduled, the table freed at once",
        Origin.version3, .invalidationSkipped, small),
      site(
        "reads-outside-section", .readsOutsideSection,
        "a reader takes no read section", Origin.ptdump, .accessToFree, reader),
      site(
        "zeroes-in-quarantine", .zeroesInQuarantine,
        "a retired table is emptied",
        own("never write into a quarantined table"),
        .writeIntoQuarantine, small),
      site(
        "destructs-twice", .destructsTwice,
        "a table that was not unlinked is destructed",
        own("a destructor that runs twice"), .wrongState,
        small),
      site(
        "looks-before-clearing", .looksBeforeClearing,
        "whether anyone shares is read before the entry is cleared",
        Origin.version3, .invalidationSkipped,
        .mapUnmap(bounds(cpus: 2)).apart(cpu: 1)),
      site(
        "relinks", .relinks,
        "a table is hung up elsewhere, and no walker was asked",
        own("caches of ready tables"), .staleWalk, .mapUnmap(bounds(slots: 2))),
      site(
        "links-blindly", .linksBlindly,
        "a link is stored over another's", own("a lost race without its check"),
        .wrongLookup, .neighbours(bounds(cpus: 2, slots: 2))),
      site(
        "links-unfilled", .linksUnfilled,
        "a table is linked first and zeroed never",
        "rust-osdev/x86_64: create_next_table", .leftoverEntry, small),
      site(
        "writes-late", .writesLate,
        "attributes are changed in a table that was collapsed meanwhile",
        Origin.ptdump, .writeIntoQuarantine,
        reader),
      site(
        "drops", .drops, "a token is dropped",
        own("the lifecycle is in the types"),
        .droppedToken, small),
      site(
        "invalidates-for-nothing", .invalidatesForNothing,
        "a table that was never linked has every walker asked",
        "Linux 7.2, __pte_alloc_kernel(): a lost race is queued",
        .idleInvalidation, small.economical),
    ]
  }
}
