// SPDX-License-Identifier: Apache-2.0

/// A stack of callers, as a small number: see ``StackTable``.
public struct CallStack:
  BitwiseCopyable, RawRepresentable, Hashable, Sendable
{
  /// The number.
  public var rawValue: UInt16

  /// Makes the stack of a number.
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }
}

/// The callers behind a recording's stacks, each stack once.
///
/// It holds at most ``capacity`` stacks, so that a damaged recording cannot
/// make it grow without end; what comes later has no stack.
public struct StackTable: Sendable {
  /// How many stacks there is room for.
  public static let capacity = 4096

  /// How many callers of a stack are kept.
  static let depth = 16

  private var stacks: [[CallSite]] = []
  private var numbers: [[CallSite]: CallStack] = [:]

  init() {}

  /// The callers of `stack`, innermost first; none for one of another table.
  ///
  /// - Parameter stack: A stack of this table.
  /// - Complexity: O(1)
  public func callers(of stack: CallStack) -> [CallSite] {
    let index = Int(stack.rawValue)
    return stacks.indices.contains(index) ? stacks[index] : []
  }

  /// The number of the stack of `callers`; nil if the table is full.
  mutating func intern(_ callers: [CallSite]) -> CallStack? {
    if let known = numbers[callers] { return known }
    guard stacks.count < Self.capacity else { return nil }
    let stack = CallStack(rawValue: UInt16(stacks.count))
    stacks.append(callers)
    numbers[callers] = stack
    return stack
  }
}
