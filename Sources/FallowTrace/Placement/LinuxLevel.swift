// SPDX-License-Identifier: Apache-2.0

/// A level of table, by the name that Linux has for it on x86-64.
public enum LinuxLevel:
  String, BitwiseCopyable, Codable, Sendable, CaseIterable
{
  /// A table of 512 entries for 4 KiB each.
  case pte
  /// A table of 512 entries for 2 MiB each.
  case pmd
  /// A table of 512 entries for 1 GiB each.
  case pud

  /// Bytes that one table of this level translates: its window.
  public var windowSize: UInt64 {
    switch self {
    case .pte: 1 << 21
    case .pmd: 1 << 30
    case .pud: 1 << 39
    }
  }

  /// The first address of the window that `address` lies in.
  ///
  /// - Parameter address: A virtual address.
  public func window(of address: UInt64) -> UInt64 {
    address & ~(windowSize - 1)
  }
}
