// SPDX-License-Identifier: Apache-2.0

/// The tables that one function freed by one route: a row of the report.
public struct AuditSite: Codable, Equatable, Sendable {
  /// Which way tables took: `queued`, `atOnce` or `neverLinked`.
  public enum Route: String, Codable, Sendable {
    /// Through the list, to the worker.
    case queued
    /// Straight to the page allocator.
    case atOnce
    /// Allocated for a race that another CPU won: no entry ever linked it.
    case neverLinked
  }

  /// The function.
  public var site: String
  /// The route.
  public var route: Route
  /// How many tables it freed so.
  public var pages = 0
  /// Of these, tables that no entry named any more.
  public var cleared = 0
  /// Tables that an entry still named.
  public var named = 0
  /// Tables of which the recording does not say.
  ///
  /// Tables that were never linked are in none of the three.
  public var unknown = 0
  /// The longest time from a free to its release, in nanoseconds.
  public var worstWaitNanoseconds: UInt64 = 0
  /// The callers, the most frequent first.
  public var stacks: [Stack] = []

  /// Callers, and how many tables they freed.
  public struct Stack: Codable, Equatable, Sendable {
    /// The functions, innermost first.
    public var functions: [String]
    /// How many tables.
    public var pages: Int
  }

  init(_ site: String, _ route: Route) {
    self.site = site
    self.route = route
  }

  mutating func add(_ life: TableLife) {
    pages += 1
    worstWaitNanoseconds = max(worstWaitNanoseconds, life.wait ?? 0)
    guard route != .neverLinked else { return }
    switch life.naming(at: life.freed) {
    case .named: named += 1
    case .cleared: cleared += 1
    case .unknown: unknown += 1
    }
  }
}

extension AuditHistory {
  /// The rows of the report, the busiest site first.
  ///
  /// - Complexity: O(tables)
  var sites: [AuditSite] {
    struct Key: Hashable {
      var site: String
      var route: AuditSite.Route
    }
    var rows: [Key: AuditSite] = [:]
    var stacks: [Key: [CallStack: Int]] = [:]
    for life in lives {
      let key = Key(site: site(of: life), route: life.route)
      rows[key, default: AuditSite(key.site, key.route)].add(life)
      if let stack = life.stack {
        stacks[key, default: [:]][stack, default: 0] += 1
      }
    }
    return rows.map { key, row in
      var row = row
      row.stacks = named(stacks[key] ?? [:])
      return row
    }.sorted {
      ($1.pages, $0.site, $0.route.rawValue)
        < ($0.pages, $1.site, $1.route.rawValue)
    }
  }

  /// Stacks that differ in offsets alone are one to a reader.
  private func named(_ counts: [CallStack: Int]) -> [AuditSite.Stack] {
    guard let reading else { return [] }
    var merged: [[String]: Int] = [:]
    for (stack, count) in counts {
      let functions = reading.stacks.callers(of: stack).map {
        reading.symbols.name(of: $0.symbol).withoutSuffix
      }
      merged[functions, default: 0] += count
    }
    return merged.map { AuditSite.Stack(functions: $0.key, pages: $0.value) }
      .sorted {
        ($1.pages, $0.functions.joined()) < ($0.pages, $1.functions.joined())
      }
  }
}
