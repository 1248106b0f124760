// SPDX-License-Identifier: Apache-2.0

/// Shapes in which a pointer to a table changes, and such of ASIDs: the
/// project's own, as the published catalogues have neither.
extension LitmusShape {
  /// A CPU unlinks the table, or links another, and a CPU accesses a page.
  static let ofTables: [LitmusShape] = [
    LitmusShape(
      name: "a table that was unlinked is walked without a TLBI",
      verdict: .allowed,
      cpus: [[.unlinkTable, .dsb, .read(0)]], end: [[.reached(0)]]),
    LitmusShape(
      name: "a table that was unlinked is not walked after a TLBI",
      verdict: .forbidden, buffersStores: true,
      cpus: [
        [.unlinkTable, .dsb, .tlbi(0), .dsb, .set(0, .page(2)), .signal],
        [.look, .read(0)],
      ],
      end: [[], [.signalled(true), .reached(2)]]),
    LitmusShape(
      name: "a table that was unlinked is walked after a TLBI of leaves",
      verdict: .allowed,
      cpus: [
        [.unlinkTable, .dsb, .tlbiLeaf(0), .dsb, .set(0, .page(2)), .signal],
        [.look, .read(0)],
      ],
      end: [[], [.signalled(true), .reached(2)]]),
    LitmusShape(
      name: "a table that was unlinked is walked after a local TLBI elsewhere",
      verdict: .allowed,
      cpus: [
        [.unlinkTable, .dsb, .tlbiLocal(0), .dsb, .set(0, .page(2)), .signal],
        [.look, .read(0)],
      ],
      end: [[], [.signalled(true), .reached(2)]]),
    LitmusShape(
      name: "a TLBI of one page leaves the leaves of another under a table",
      verdict: .allowed,
      cpus: [[.unlinkTable, .dsb, .tlbi(0), .dsb, .read(1)]],
      end: [[.reached(1)]]),
    LitmusShape(
      name: "a TLBI of one page drops the pointer to the table of both",
      verdict: .forbidden, buffersStores: true,
      cpus: [
        [.unlinkTable, .dsb, .tlbi(1), .dsb, .set(0, .page(2)), .signal],
        [.look, .read(0)],
      ],
      end: [[], [.signalled(true), .reached(2)]]),
    LitmusShape(
      name: "after break-before-make of a table only the new one is walked",
      verdict: .forbidden, buffersStores: true,
      cpus: [
        [.unlinkTable, .dsb, .tlbi(0), .dsb, .linkTable(.page(2)), .signal],
        [.look, .read(0)],
      ],
      end: [[], [.signalled(true), .reached(0)]]),
    LitmusShape(
      name: "without a TLBI the old table is walked beside the new",
      verdict: .allowed,
      cpus: [
        [.unlinkTable, .dsb, .linkTable(.page(2)), .dsb, .signal],
        [.look, .read(0)],
      ],
      end: [[], [.signalled(true), .reached(0)]]),
  ]

  /// A CPU comes back to an ASID under which it has walked.
  static let ofASIDs: [LitmusShape] = [
    LitmusShape(
      name: "a leaf stays under an ASID that the TLBI does not name",
      verdict: .allowed, asids: 2,
      cpus: [[.set(0, .none), .dsb, .tlbi(0, asid: 1), .dsb, .read(0)]],
      end: [[.reached(0)]]),
    LitmusShape(
      name: "a leaf goes under the ASID that the TLBI names",
      verdict: .forbidden, asids: 2,
      cpus: [[.set(0, .none), .dsb, .tlbi(0, asid: 0), .dsb, .read(0)]],
      end: [[.reached(0)]]),
    LitmusShape(
      name: "a TLBI of every ASID reaches one that no CPU walks under",
      verdict: .forbidden, asids: 2,
      cpus: [
        [
          .load(asid: 1), .set(0, .none), .dsb, .tlbi(0), .dsb,
          .load(asid: 0), .read(0),
        ]
      ],
      end: [[.reached(0)]]),
    LitmusShape(
      name: "what was cached under an ASID is used when it is loaded again",
      verdict: .allowed, asids: 2,
      cpus: [
        [
          .load(asid: 1), .set(0, .none), .dsb, .tlbi(0, asid: 1), .dsb,
          .load(asid: 0), .read(0),
        ]
      ],
      end: [[.reached(0)]]),
  ]

  /// All of them.
  static let all = onOneCPU + onTwoCPUs + ofTables + ofASIDs + notModelled
}
