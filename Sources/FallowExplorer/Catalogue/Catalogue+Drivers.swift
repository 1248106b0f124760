// SPDX-License-Identifier: Apache-2.0

internal import FallowSchemes

extension Catalogue {
  /// Faults of the commands to the IOMMUs.
  static var drivers: [CatalogueEntry] {
    let small = Scenario.mapUnmap(bounds())
    let wide = Scenario.mapUnmap(bounds(slots: 2))
    let ats = Scenario.mapUnmap(bounds(), ats: true)
    return [
      driver(
        "other-stage", .otherStage, "the other stage's cache is emptied",
        "Linux 04b1b069f151: second-stage commands for SVA",
        .invalidationTooNarrow, small),
      driver(
        "leaves-only", .leavesOnly, "the hint says that only leaves changed",
        "Linux 6b38a108eeb3: the hint in qi_desc_iotlb()",
        .invalidationTooNarrow, small),
      driver(
        "one-page", .onePage, "the range is one page",
        own("pud_free_pmd_page()'s flush of one page, for an IOMMU"),
        .invalidationTooNarrow, wide),
      driver(
        "one-page-amd", .onePage, "the same where size bounds what is dropped",
        "Linux, drivers/iommu/generic_pt: comments on AMD's sizes",
        .invalidationTooNarrow, small.on(.amd)),
      driver(
        "upper-part", .upperPart, "the range begins in the middle of the half",
        own("a range that begins in the middle of the half"),
        .invalidationTooNarrow, small),
      driver(
        "device-first", .deviceFirst,
        "the device's TLB is emptied before the IOTLB", Origin.deviceFirst,
        .staleTranslation, ats),
      driver(
        "no-device", .noDevice, "the device's TLB is not emptied",
        "CVE-2026-43130: a device that is not there is left out",
        .staleTranslation, ats),
      driver(
        "no-wait", .noWait, "nobody waits for the invalidation",
        own("an invalidation that is not waited for"),
        .releasedBeforeCompletion, small),
      driver(
        "failure-is-success", .failureIsSuccess,
        "a time-out is taken for completion",
        "Linux 7.2, AMD: -EIO after LOOP_TIMEOUT is ignored",
        .failureIgnored, .mapUnmap(bounds(), failing: true)),
      driver(
        "first-iommu", .firstIOMMU, "the second IOMMU is not asked",
        own("one IOMMU of two is asked"), .invalidationTooNarrow,
        .mapUnmap(bounds(), iommus: 2)),
      driver(
        "first-pasid", .firstPASID, "the second PASID is not asked",
        own("a space whose notifier is gone"), .invalidationTooNarrow,
        .mapUnmap(bounds(), pasids: 2)),
      driver(
        "silent", .silent, "only a wait is queued",
        Origin.rejected,
        .invalidationTooNarrow, small),
    ]
  }

  /// Rules of the hardware that are disputed, set the other way.
  static var hardware: [CatalogueEntry] {
    let small = Scenario.mapUnmap(bounds())
    return [
      library(
        "undrained", "a wait does not cover walks under way",
        own("whether it does is inferred"), small.on(CacheRules.vtd.undrained),
        .fallow, .violation, .walkInFlight),
      library(
        "undrained-upstream", "the same under Linux's scheme",
        own("whether it does is inferred"), small.on(CacheRules.vtd.undrained),
        .upstream, .violation, .walkInFlight),
      library(
        "forgotten-failure",
        "an error before the wait is queued is not reported at the wait",
        "Linux 7.2, qi_submit_sync(): mates of an aborted batch",
        .mapUnmap(bounds(), failing: true).forgettingFailures, .fallow,
        .violation, .failureIgnored),
      library(
        "amd", "a command drops nothing larger than its size",
        own("the claim on AMD's rules"), small.on(.amd), .fallow),
    ]
  }
}
