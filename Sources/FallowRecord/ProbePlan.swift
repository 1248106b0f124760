// SPDX-License-Identifier: Apache-2.0

/// Where the probes go on the running kernel.
///
/// Nothing here depends on one build of a kernel: functions are found by their
/// names, calls by a search of the kernel's text.
struct ProbePlan {
  /// A probe: what it reports, where it is, and the program that it runs.
  struct Probe: Equatable {
    /// The event that recordings name; nil for one that only notes a place.
    var event: String?
    var program: String
    var address: UInt64
    var isReturn = false
  }

  /// A function that frees tables: its calls of `pagetable_free_kernel`, and
  /// of the page allocator.
  struct Route: Equatable {
    var function: String
    var queues: Int
    var atOnce: [UInt64]
  }

  /// The probes, in the order in which they are to be set.
  let probes: [Probe]
  /// The functions that free tables.
  let routes: [Route]

  /// Names of the function that gives pages back.
  private static let allocator = [
    "__free_pages", "___free_pages", "__free_frozen_pages",
    "free_frozen_pages", "free_pages", "free_unref_page",
  ]
  /// Functions that end the taking of the list, by giving up its lock.
  private static let unlock = ["_raw_spin_unlock", "rt_spin_unlock"]
  /// Functions that free nothing but the kernel's own tables, and what the
  /// arguments say of the place.
  private static let places = [
    ("pmd_free_pte_page", "pmd", "forget"),
    ("pud_free_pmd_page", "pud", "forget"),
    ("remove_pagetable", "range", "forget"),
    ("collapse_large_pages", "collapse", "collapsed"),
  ]
  /// Further such functions, by the beginnings of their names: others free
  /// tables of processes too.
  private static let kernelOnly = [
    "free_pagetable", "remove_pagetable", "pmd_free_pte_page",
    "pud_free_pmd_page", "cpa_flush", "__cpa_collapse_large_pages",
    "__change_page_attr_set_clr", "__pte_alloc_kernel", "vmemmap_",
  ]

  /// Plans the probes.
  ///
  /// - Parameters:
  ///   - kernel: The kernel's release, for errors.
  ///   - symbols: Its symbols.
  ///   - text: Its text.
  /// - Throws: ``RecordError/noReleaseSite(kernel:)``.
  init(
    kernel: String, _ symbols: KernelSymbols, _ text: KernelText
  ) throws(RecordError) {
    let free = try Self.address("pagetable_free_kernel", kernel, symbols)
    let work = try Self.address("kernel_pgtable_work_func", kernel, symbols)
    let allocator = Self.allocator.flatMap(symbols.functions)
    let worker =
      symbols.function(at: work)?.range ?? work..<work

    routes = Self.routes(of: free, allocator, symbols, text)
    let releases = text.calls(of: allocator, in: worker)
    guard !releases.isEmpty else { throw .noReleaseSite(kernel: kernel) }

    var probes = [
      Probe(
        event: "kpt_work_ret", program: "work_end", address: work,
        isReturn: true),
      Probe(event: "kpt_work", program: "work", address: work),
    ]
    for address in symbols.functions("iommu_sva_invalidate_kva_range") {
      probes += [
        Probe(
          event: "kva_inval_ret", program: "invalidated", address: address,
          isReturn: true),
        Probe(event: "kva_inval", program: "invalidate", address: address),
      ]
    }
    probes += releases.map {
      Probe(event: "kpt_page_free", program: "release", address: $0)
    }
    let unlocks = text.calls(
      of: Self.unlock.flatMap(symbols.functions), in: worker)
    if let taken = unlocks.first {
      probes.append(
        Probe(event: "kpt_splice", program: "taken", address: taken))
    }
    for (name, entry, exit) in Self.places {
      for address in symbols.functions(name) {
        probes += [
          Probe(program: exit, address: address, isReturn: true),
          Probe(program: entry, address: address),
        ]
      }
    }
    for route in routes
    where Self.kernelOnly.contains(where: route.function.hasPrefix) {
      probes += route.atOnce.map {
        Probe(event: "now_free", program: "free_at_once", address: $0)
      }
    }
    // Last: what it reports is then complete from the first event on.
    probes.append(Probe(event: "kpt_free", program: "free", address: free))
    self.probes = probes
  }

  /// The address of a function without which there is nothing to record.
  static func address(
    _ name: String, _ kernel: String, _ symbols: KernelSymbols
  ) throws(RecordError) -> UInt64 {
    guard let address = symbols.address(of: name), address != 0 else {
      throw .noDeferredFree(kernel: kernel, symbol: name)
    }
    return address
  }

  private static func routes(
    of free: UInt64, _ allocator: [UInt64], _ symbols: KernelSymbols,
    _ text: KernelText
  ) -> [Route] {
    var routes: [Route] = []
    for call in text.calls(of: [free], in: text.range) {
      guard let function = symbols.function(at: call) else { continue }
      if let last = routes.indices.last,
        routes[last].function == function.name
      {
        routes[last].queues += 1
      } else {
        routes.append(
          Route(
            function: function.name, queues: 1,
            atOnce: text.calls(of: allocator, in: function.range)))
      }
    }
    return routes
  }
}
