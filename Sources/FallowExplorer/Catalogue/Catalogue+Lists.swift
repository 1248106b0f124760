// SPDX-License-Identifier: Apache-2.0

internal import Fallow

extension Catalogue {
  private typealias Steps = PlainProtocol.Steps

  /// How a table is handed to the actor that releases it.
  static var lists: [CatalogueEntry] {
    [
      plain(
        "plain-links-late", "a link is stored after the push",
        "Linux 0a29a49f3ed4: a list spliced the wrong way loses its tables",
        .accessToFree, on: PlainProtocol.scenario()
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          let table = try Steps.unlink(machine, slot)
          try machine.describe(table, as: .quarantined)
          let head = try machine.exchange(table.rawValue &+ 1, at: .foreignList)
          try machine.store(head, to: .link, of: table)
          try machine.scheduleWorker(after: 0)
          return true
        }
        $0.reclaim = { (machine, _) throws(Stop) in
          let head = try machine.exchange(0, at: .foreignList)
          if head != 0 {
            try Steps.release(FrameNumber(head &- 1), on: machine)
          }
          return true
        }
      },
      plain(
        "plain-wakes-first", "the worker is woken before the push",
        "the fix of CVE-2025-71202, its two steps exchanged", .leak
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          let table = try Steps.unlink(machine, slot)
          try machine.describe(table, as: .quarantined)
          try machine.scheduleWorker(after: 0)
          try machine.push(table)
          return true
        }
      },
      plain(
        "plain-requeues", "the worker queues a table for ever",
        "the fix of CVE-2025-71202, its mark not cleared", .livelock
      ) {
        $0.reclaim = { (machine, _) throws(Stop) in
          guard let first = try machine.takeAll() else { return true }
          _ = try machine.sharing().invalidateKernelHalf()
          try machine.push(first)
          try machine.scheduleWorker(after: 0)
          return true
        }
      },
      plain(
        "plain-spins", "a spin waits for what nobody stores",
        own("a lock word that is never given back"), .livelock
      ) {
        $0.map = { (machine, slot) throws(Stop) in
          while true {
            try machine.attempt()
            if try machine.compareExchange(
              KernelWord(index: 4), expected: 0, desired: 1) == 0
            {
              return try Steps.map(machine, slot)
            }
          }
        }
      },
      plain(
        "plain-next-map", "the next map releases; there is no worker",
        "CVE-2020-27671 (XSA-346): the form that is right"
      ) {
        $0.map = { (machine, slot) throws(Stop) in
          if let first = try machine.takeAll() {
            try Steps.release(first, on: machine)
          }
          return try Steps.map(machine, slot)
        }
        $0.unmap = { (machine, slot) throws(Stop) in
          let table = try Steps.unlink(machine, slot)
          try machine.describe(table, as: .quarantined)
          try machine.push(table)
          return true
        }
      },
      plain(
        "plain-next-map-defers", "the same, and the flush is put off too long",
        "CVE-2020-27671 (XSA-346)", .invalidationSkipped
      ) {
        $0.map = { (machine, slot) throws(Stop) in
          if let first = try machine.takeAll() {
            try machine.releaseAll(from: first)
            _ = try machine.sharing().invalidateKernelHalf()
          }
          return try Steps.map(machine, slot)
        }
        $0.unmap = { (machine, slot) throws(Stop) in
          let table = try Steps.unlink(machine, slot)
          try machine.describe(table, as: .quarantined)
          try machine.push(table)
          return true
        }
      },
      plain(
        "plain-at-once", "a table is released once all have forgotten it",
        "Linux before 6.19, were SVA's IOMMUs told"
      ) {
        $0.unmap = { (machine, slot) throws(Stop) in
          let table = try Steps.unlink(machine, slot)
          _ = try machine.sharing().invalidateKernelHalf()
          try machine.free(table, order: 0)
          return true
        }
      },
    ]
  }
}
