// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FallowExplorer

extension LitmusShape: CustomTestStringConvertible {
  var testDescription: String { name }
}

/// Whether a CPU's walks and its TLB do what the architecture allows, and
/// nothing that it forbids.
@Suite struct TranslationLitmusTests {
  private static let forbidden = LitmusShape.all.filter {
    $0.verdict == .forbidden
  }

  @Test(arguments: forbidden)
  func whatIsForbiddenIsUnreachable(shape: LitmusShape) {
    #expect(shape.search().verdict == .safe)
  }

  @Test(arguments: LitmusShape.all.filter { $0.verdict == .allowed })
  func whatIsAllowedIsReached(shape: LitmusShape) {
    let outcome = shape.search()
    #expect(outcome.verdict == .violation)
    #expect(outcome.oracle == .wrongState)
  }

  /// The article lists these; one that is reached must leave the list.
  @Test(arguments: LitmusShape.notModelled)
  func whatIsListedAsNotModelledIsNotReached(shape: LitmusShape) {
    #expect(shape.search().verdict == .safe)
  }

  /// Some shape fails under an invalidation that does less.
  @Test(arguments: [Lack.leaves, .tables, .otherCPUs])
  func anInvalidationThatDoesLessIsFound(lack: Lack) {
    let found = Self.forbidden.filter {
      var shape = $0
      shape.cpus = shape.cpus.map { $0.map { $0.changed(lack.apply) } }
      return shape.search().verdict == .violation
    }
    #expect(!found.isEmpty)
  }

  /// Walkers that hold one thing at a time come to the same ends.
  @Test(arguments: LitmusShape.onOneCPU)
  func walkersThatGoStepByStepAgree(shape: LitmusShape) {
    var options = SearchOptions()
    options.mode = .concrete
    #expect(
      shape.search(options).verdict
        == (shape.verdict == .forbidden ? .safe : .violation))
  }

  enum Lack: Sendable {
    case leaves, tables, otherCPUs

    func apply(_ tlbi: inout LitmusShape.TLBI) {
      switch self {
      case .leaves: tlbi.leaves = false
      case .tables: tlbi.tables = false
      case .otherCPUs: tlbi.isLocal = true
      }
    }
  }
}
