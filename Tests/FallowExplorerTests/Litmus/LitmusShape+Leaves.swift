// SPDX-License-Identifier: Apache-2.0

/// Shapes in which a leaf changes.
///
/// `published` names tests of herdtools7's catalogue `aarch64-VMSA` that have
/// the same shape; the verdicts are those of its `VMSA-ETS2-kinds.txt`, and
/// agree with its `kinds.txt` unless a shape says so.
extension LitmusShape {
  /// A CPU maps, unmaps, or maps anew, and an access of the same CPU follows.
  static let onOneCPU: [LitmusShape] = [
    LitmusShape(
      name: "a page that was mapped is found after a DSB",
      published: ["I2V-UP-DSB-ISB", "D15347-load-DSB-ISB"],
      verdict: .forbidden, start: .none, buffersStores: true,
      cpus: [[.set(0, .page(2)), .dsb, .read(0)]], end: [[.notMapped]]),
    // Forbidden with FEAT_ETS2.
    LitmusShape(
      name: "a page that was mapped may not be found before a DSB",
      published: ["D15347-load"], verdict: .allowed, start: .none,
      buffersStores: true,
      cpus: [[.set(0, .page(2)), .read(0)]], end: [[.notMapped]]),
    LitmusShape(
      name: "a page that was unmapped may be reached without a TLBI",
      published: ["V2I-load-DSB-ISB"], verdict: .allowed,
      cpus: [[.set(0, .none), .dsb, .read(0)]], end: [[.reached(0)]]),
    LitmusShape(
      name: "a page that was unmapped is not reached after TLBI and DSB",
      published: ["V2I-W-DSB.ISH-TLBI-DSB.ISH-ISB-W"],
      verdict: .forbidden, buffersStores: true,
      cpus: [[.set(0, .none), .dsb, .tlbiLocal(0), .dsb, .write(0)]],
      end: [[.reached(0)]]),
    LitmusShape(
      name: "a page that was unmapped may be reached before the TLBI's DSB",
      published: ["V2I-W-DSB.ISH-TLBI-DSB.LD-ISB-R"], verdict: .allowed,
      cpus: [[.set(0, .none), .dsb, .tlbiLocal(0), .read(0)]],
      end: [[.reached(0)]]),
    LitmusShape(
      name: "a page may be reached whose TLBI came before a DSB",
      published: ["V2I-W-DSB.LD-TLBI-DSB.ISH-ISB-R"],
      verdict: .allowed, buffersStores: true,
      cpus: [[.set(0, .none), .tlbiLocal(0), .dsb, .read(0)]],
      end: [[.reached(0)]]),
    LitmusShape(
      name: "a leaf that another replaced without a break may be used",
      published: ["nBBM+LDR"], verdict: .allowed,
      cpus: [[.set(0, .page(2)), .dsb, .read(0)]], end: [[.reached(0)]]),
    LitmusShape(
      name: "a page that stays mapped never faults",
      published: ["D15347-load-valid"], verdict: .forbidden,
      cpus: [[.set(0, .page(2)), .read(0)]], end: [[.notMapped]]),
    LitmusShape(
      name: "a TLBI of another page leaves the leaf",
      verdict: .allowed,
      cpus: [[.set(0, .none), .dsb, .tlbi(1), .dsb, .read(0)]],
      end: [[.reached(0)]]),
    LitmusShape(
      name: "a TLBI of leaves drops the leaf",
      verdict: .forbidden,
      cpus: [[.set(0, .none), .dsb, .tlbiLeaf(0), .dsb, .read(0)]],
      end: [[.reached(0)]]),
    LitmusShape(
      name: "a page that was made read-only is not written after a TLBI",
      verdict: .forbidden,
      cpus: [[.set(0, .readOnly(0)), .dsb, .tlbi(0), .dsb, .write(0)]],
      end: [[.reached(0)]]),
    LitmusShape(
      name: "a page that was made read-only may be written without a TLBI",
      verdict: .allowed,
      cpus: [[.set(0, .readOnly(0)), .dsb, .write(0)]],
      end: [[.reached(0)]]),
  ]

  /// A CPU changes a leaf, and another accesses the page.
  static let onTwoCPUs: [LitmusShape] = [
    LitmusShape(
      name: "a page is not reached after another CPU's TLBI and DSB",
      verdict: .forbidden, buffersStores: true,
      cpus: [
        [.set(0, .none), .dsb, .tlbi(0), .dsb, .signal],
        [.look, .read(0)],
      ],
      end: [[], [.signalled(true), .reached(0)]]),
    LitmusShape(
      name: "a page may be reached after another CPU's local TLBI",
      verdict: .allowed,
      cpus: [
        [.set(0, .none), .dsb, .tlbiLocal(0), .dsb, .signal],
        [.look, .read(0)],
      ],
      end: [[], [.signalled(true), .reached(0)]]),
    LitmusShape(
      name: "a page may be reached before another CPU's DSB",
      verdict: .allowed,
      cpus: [
        [.set(0, .none), .dsb, .tlbi(0), .signal], [.look, .read(0)],
      ],
      end: [[], [.signalled(true), .reached(0)]]),
    LitmusShape(
      name: "after break-before-make only the new page is reached",
      published: ["MP+BBM+DSB-ISB+BIS"], verdict: .forbidden,
      buffersStores: true,
      cpus: [
        [
          .set(0, .none), .dsb, .tlbi(0), .dsb, .set(0, .page(2)), .dsb,
          .signal,
        ],
        [.look, .read(0)],
      ],
      end: [[], [.signalled(true), .reached(0)]]),
    LitmusShape(
      name: "after break-before-make there is no fault",
      verdict: .forbidden, buffersStores: true,
      cpus: [
        [
          .set(0, .none), .dsb, .tlbi(0), .dsb, .set(0, .page(2)), .dsb,
          .signal,
        ],
        [.look, .read(0)],
      ],
      end: [[], [.signalled(true), .notMapped]]),
    LitmusShape(
      name: "in a break another CPU faults",
      verdict: .allowed,
      cpus: [
        [.set(0, .none), .dsb, .tlbi(0), .dsb, .set(0, .page(2))],
        [.read(0), .read(0)],
      ],
      end: [[], [.notMapped, .reached(2)]]),
    LitmusShape(
      name: "a break without a TLBI leaves the old page",
      published: ["MPV2I2V-no-bbm"], verdict: .allowed,
      cpus: [
        [.set(0, .none), .dsb, .set(0, .page(2)), .dsb, .signal],
        [.look, .read(0)],
      ],
      end: [[], [.signalled(true), .reached(0)]]),
    LitmusShape(
      name: "with break-before-make the old page is not reached after the new",
      published: ["coRR-pte9"], verdict: .forbidden, buffersStores: true,
      cpus: [
        [.read(0), .read(0)],
        [.set(0, .none), .dsb, .tlbi(0), .dsb, .set(0, .page(2))],
      ],
      end: [[.reached(2), .reached(0)], []]),
    LitmusShape(
      name: "without a break the old page may be reached after the new",
      published: ["coRR-pte9-nobbm", "coRR-pte4"], verdict: .allowed,
      cpus: [
        [.read(0), .read(0)],
        [.set(0, .page(2)), .dsb, .tlbi(0), .dsb],
      ],
      end: [[.reached(2), .reached(0)], []]),
    // Allowed without FEAT_ETS2.
    LitmusShape(
      name: "a page that was found mapped does not fault",
      published: ["coRR-pte8"], verdict: .forbidden, start: .none,
      buffersStores: true,
      cpus: [[.read(0), .read(0)], [.set(0, .page(2))]],
      end: [[.reached(2), .notMapped], []]),
    LitmusShape(
      name: "a CPU may have a leaf dropped that it sees another CPU clear",
      published: ["V2I-R-DSB.LD-TLBI-DSB.ISH-ISB-R+W"], verdict: .forbidden,
      buffersStores: true,
      cpus: [
        [.readLeaf(0), .dsb, .tlbi(0), .dsb, .read(0)], [.set(0, .none)],
      ],
      end: [[.leaf(.none), .reached(0)], []]),
    LitmusShape(
      name: "a page that was mapped is found whichever page a TLBI names",
      published: ["D15347-M-load-shoot-noscope+DMB.LD"], verdict: .forbidden,
      start: .none, buffersStores: true,
      cpus: [
        [.set(0, .page(2)), .dsb, .tlbi(1), .dsb, .signal],
        [.look, .read(0)],
      ],
      end: [[], [.signalled(true), .notMapped]]),
  ]

  /// What the architecture allows since accesses and stores may pass each
  /// other, which they do not in the machine.
  static let notModelled: [LitmusShape] = [
    LitmusShape(
      name: "a signal may be seen before the leaf that was stored before it",
      published: ["D15347-M-load"], verdict: .allowedNotModelled,
      start: .none, buffersStores: true,
      cpus: [[.set(0, .page(2)), .signal], [.look, .read(0)]],
      end: [[], [.signalled(true), .notMapped]]),
    LitmusShape(
      name: "an access may be translated before the one ahead of it",
      published: ["F2.mod-reduced+BBM"], verdict: .allowedNotModelled,
      start: .readOnly(0), buffersStores: true,
      cpus: [
        [.set(0, .none), .dsb, .tlbi(0), .dsb, .set(0, .page(0))],
        [.write(0), .write(0)],
      ],
      end: [[], [.reached(0), .notMapped]]),
  ]
}
