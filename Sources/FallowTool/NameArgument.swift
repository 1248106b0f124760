// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// One of several names on the command line.
struct NameArgument<Name: CaseIterable & RawRepresentable<String> & Sendable>:
  ExpressibleByArgument, CustomStringConvertible
{
  /// What is named.
  let name: Name

  init(_ name: Name) { self.name = name }

  init?(argument: String) {
    guard let name = Name(rawValue: argument) else { return nil }
    self.name = name
  }

  var description: String { name.rawValue }

  static var allValueStrings: [String] { Name.allCases.map(\.rawValue) }
}
