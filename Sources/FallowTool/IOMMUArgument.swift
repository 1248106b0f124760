// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowTrace

/// A kind of IOMMU on the command line.
struct IOMMUArgument: ExpressibleByArgument, CustomStringConvertible {
  /// The kind.
  let name: IOMMUName

  init(_ name: IOMMUName) { self.name = name }

  init?(argument: String) {
    guard let name = IOMMUName(rawValue: argument) else { return nil }
    self.name = name
  }

  var description: String { name.rawValue }

  static var allValueStrings: [String] { IOMMUName.allCases.map(\.rawValue) }
}
