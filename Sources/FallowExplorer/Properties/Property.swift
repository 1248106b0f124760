// SPDX-License-Identifier: Apache-2.0

/// Something that a user wants to hold, besides what every search checks.
///
/// A property looks at whole states, between any two accesses; so a search
/// that has one merges no steps and takes no two states for one.
///
/// ```swift
/// var scenario = Scenario.mapUnmap(bounds)
/// scenario.properties = [
///   .always("at most one frame is taken") { state in
///     state.frames.count { !state.isFree($0) } <= 2
///   }
/// ]
/// ```
public struct Property: Sendable {
  /// When a property has to hold.
  public enum Expectation: String, Sendable {
    /// In every state.
    case always
    /// In one state at least.
    case sometimes
    /// At last, once no other operation begins: in every state in which
    /// nothing goes on.
    case eventually
  }

  /// What must hold, as a sentence says it after "that".
  public let name: String
  /// When it has to hold.
  public let expectation: Expectation
  let holds: @Sendable (StateView) -> Bool

  /// Holds in every state.
  ///
  /// - Parameters:
  ///   - name: What must hold, as a sentence says it after "that".
  ///   - holds: Whether it holds in a state; called from any thread.
  /// - Returns: The property, for ``Scenario/properties``.
  public static func always(
    _ name: String, _ holds: @escaping @Sendable (StateView) -> Bool
  ) -> Property {
    Property(name: name, expectation: .always, holds: holds)
  }

  /// Holds in one state at least: a search in which it never does is
  /// incomplete.
  ///
  /// - Parameters:
  ///   - name: What must hold, as a sentence says it after "that".
  ///   - holds: Whether it holds in a state; called from any thread.
  /// - Returns: The property, for ``Scenario/properties``.
  public static func sometimes(
    _ name: String, _ holds: @escaping @Sendable (StateView) -> Bool
  ) -> Property {
    Property(name: name, expectation: .sometimes, holds: holds)
  }

  /// Holds whenever nothing goes on any more.
  ///
  /// - Parameters:
  ///   - name: What must hold, as a sentence says it after "that".
  ///   - holds: Whether it holds in a state; called from any thread.
  /// - Returns: The property, for ``Scenario/properties``.
  public static func eventually(
    _ name: String, _ holds: @escaping @Sendable (StateView) -> Bool
  ) -> Property {
    Property(name: name, expectation: .eventually, holds: holds)
  }
}
