// SPDX-License-Identifier: Apache-2.0

/// What the tables of an address space have in common.
///
/// ``Tables`` is the one type that conforms.
public protocol TableKind {
  /// How an entry is written.
  associatedtype Format: PageTableFormat

  /// The half whose addresses the tables translate.
  associatedtype Half: AddressHalf
}

/// The tables of one format and one half, as a type.
@frozen
public enum Tables<Format: PageTableFormat, Half: AddressHalf>: TableKind {}
