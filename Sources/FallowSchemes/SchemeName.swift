// SPDX-License-Identifier: Apache-2.0

#if !hasFeature(Embedded)
  /// The schemes that free tables, by the names that commands and reports use.
  public enum SchemeName: String, CaseIterable, Sendable {
    /// Linux before 6.19: ``Immediate``.
    case immediate
    /// Linux from 6.19 on: ``Upstream``.
    case upstream
    /// The library's own: `Reclaimer`.
    case fallow
  }
#endif
