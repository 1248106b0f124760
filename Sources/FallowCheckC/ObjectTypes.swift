// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// What the objects of a program are, by the variables that point to them.
///
/// An object has no type of its own; a pointer to a structure, in a variable of
/// a function that the program is in, gives it one. Of two the one that begins
/// with the other counts; where neither does, the object has none.
final class ObjectTypes: Sendable {
  private enum Found {
    case one(variable: String, structure: Int)
    case several
  }

  private let found = Mutex<[Int: Found]>([:])

  /// Takes notice of a variable that points to an object.
  func note(
    _ object: Int, _ pointer: DebugInfo.LocalPointer, by info: DebugInfo
  ) {
    let new = Found.one(
      variable: pointer.name, structure: pointer.structure)
    found.withLock {
      switch $0[object] {
      case nil: $0[object] = new
      case .one(_, let structure):
        if info.begins(structure, with: pointer.structure) { return }
        $0[object] =
          info.begins(pointer.structure, with: structure) ? new : .several
      case .several: break
      }
    }
  }

  /// The variable that was found first, and the structure; nil if none was, or
  /// different ones were.
  subscript(object: Int) -> (variable: String, structure: Int)? {
    found.withLock {
      guard case .one(let variable, let structure) = $0[object] else {
        return nil
      }
      return (variable, structure)
    }
  }
}
