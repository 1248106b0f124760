// SPDX-License-Identifier: Apache-2.0

/// A place in the kernel's code: a function and how far into it.
public struct CallSite: BitwiseCopyable, Hashable, Sendable {
  /// The function.
  public var symbol: Symbol

  /// Bytes from the function's start; 0 where the recording does not say.
  public var offset: UInt32

  /// Makes a call site.
  ///
  /// - Parameters:
  ///   - symbol: The function.
  ///   - offset: Bytes into the function.
  public init(symbol: Symbol, offset: UInt32) {
    self.symbol = symbol
    self.offset = offset
  }
}

/// A kernel function's name, as a small number.
///
/// ``SymbolTable/name(of:)`` gives the name. Names that the rules for placing
/// a table ask for have numbers of their own; the others are numbered as they
/// are met, so a number means something only beside its table.
public struct Symbol:
  BitwiseCopyable, RawRepresentable, Hashable, Sendable
{
  /// The number.
  public var rawValue: UInt32

  /// Makes the symbol of a number.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Stands for every name met after the table was full.
  public static let other = Symbol(rawValue: 0)
  /// Frees the PTE table that a 2 MiB leaf replaces.
  public static let pmdFreePTEPage = Symbol(rawValue: 1)
  /// Frees the tables that a 1 GiB leaf replaces.
  public static let pudFreePMDPage = Symbol(rawValue: 2)
  /// Frees the tables of collapsed mappings.
  public static let cpaFlush = Symbol(rawValue: 3)
  /// Makes a PTE table, and frees it again after a lost race.
  public static let pteAllocKernel = Symbol(rawValue: 4)
  /// Makes a PMD table, and frees it again after a lost race.
  public static let pmdAlloc = Symbol(rawValue: 5)
  /// Makes a PUD table, and frees it again after a lost race.
  public static let pudAlloc = Symbol(rawValue: 6)
  /// Splits a leaf, and frees the new table again after a lost race.
  public static let changePageAttributes = Symbol(rawValue: 7)
  /// Unmaps unplugged memory.
  public static let removePageTable = Symbol(rawValue: 8)

  /// The names that have a number of their own, in its order.
  static let wellKnown: [StaticString] = [
    "(others)", "pmd_free_pte_page", "pud_free_pmd_page", "cpa_flush",
    "__pte_alloc_kernel", "__pmd_alloc", "__pud_alloc",
    "__change_page_attr_set_clr", "remove_pagetable",
  ]
}
