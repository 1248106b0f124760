// SPDX-License-Identifier: Apache-2.0

import Fallow

/// The library's own scheme over the archive's driver: a value of no size.
struct CScheme: ReclamationScheme {
  var reclaimer: Reclaimer<CDriver> {
    @inline(__always) get {
      Reclaimer(sharing: Sharing(driver: CDriver.current))
    }
  }
  var platform: CPlatform {
    @inline(__always) get { CPlatform() }
  }

  func enqueue(_ tables: consuming Batch<CPlatform, KernelHalf>) {
    reclaimer.enqueue(tables)
  }
  func reclaim() { reclaimer.reclaim() }
  func abandon<Half>(_ table: consuming ConstructedTable<CPlatform, Half>) {
    reclaimer.abandon(table)
  }
  func unanswered() -> IOMMUSet { reclaimer.unanswered() }
}

typealias CTree<Half: AddressHalf> = AddressSpace<
  Tables<CFormat, Half>, CScheme
>
typealias CKernelSpace = KernelSpace<CFormat, CScheme>
typealias CUserSpace = UserSpaceHandle<CFormat, CScheme>
typealias CStaleRange = StaleRange<CPlatform>
