// SPDX-License-Identifier: Apache-2.0

internal import FallowKernelC

/// A compiled program, loaded.
///
/// Each thread of a search has one of its own, since a program runs in its own
/// memory.
@safe
final class CImage: @unchecked Sendable {
  let pointer: OpaquePointer
  /// Where the program stands: room for its words.
  private let words: UnsafeMutableBufferPointer<UInt64>

  /// Loads a shared object.
  ///
  /// - Throws: What is wrong with it.
  init(_ path: String) throws(CCheckError) {
    var reason = [CChar](repeating: 0, count: 256)
    let image = unsafe fallow_image_load(path, &reason, reason.count)
    guard let image = unsafe image else {
      let text = String(
        decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)),
        as: UTF8.self)
      throw CCheckError("the program cannot be loaded: \(text)")
    }
    unsafe pointer = image
    unsafe words = .allocate(capacity: 1_024)
  }

  deinit {
    unsafe words.deallocate()
    unsafe fallow_image_unload(pointer)
  }

  /// Where the program stands after a turn that was stopped; nil if that is
  /// more than there is room for.
  var standing: UnsafeBufferPointer<UInt64>? {
    let count = unsafe fallow_image_standing(
      pointer, words.baseAddress, Int32(words.count))
    return count < 0
      ? nil : unsafe UnsafeBufferPointer(rebasing: words[..<Int(count)])
  }

  /// Says what is done about loops.
  func treatLoops(_ loops: fallow_loops) {
    unsafe fallow_image_treat_loops(pointer, loops)
  }

  var machine: fallow_machine {
    unsafe fallow_image_machine(pointer).pointee
  }

  var memory: fallow_memory { unsafe fallow_image_memory(pointer) }

  /// The functions that the program declares, in its order.
  var operations: [COperation] {
    let count = unsafe fallow_image_operations(pointer)
    return (0..<count).map { index in
      let operation = unsafe fallow_image_operation(pointer, index).pointee
      return unsafe COperation(
        number: index, name: String(cString: operation.name),
        kind: operation.kind, from: operation.from, to: operation.to,
        cpus: operation.cpus)
    }
  }

  /// The stretches of the program's data, each with its first word of memory.
  var sections: [(offset: UInt64, size: UInt64, firstWord: Int)] {
    let count = unsafe fallow_image_sections(pointer)
    return (0..<count).map { index in
      let section = unsafe fallow_image_section(pointer, index)
      return (section.offset, section.size, Int(section.first_word))
    }
  }

  /// What a word of memory holds before anything runs.
  func initial(_ word: Int) -> UInt64 {
    unsafe fallow_image_initial(pointer, Int32(word))
  }

  /// The functions that the program is in where it was stopped.
  var frames: [fallow_frame] {
    var frames = [fallow_frame](repeating: fallow_frame(), count: 16)
    let count = unsafe fallow_image_frames(
      pointer, &frames, Int32(frames.count))
    return Array(frames.prefix(Int(count)))
  }

  /// The object that a variable points to; nil if it points to none, or it is
  /// not known what it holds.
  ///
  /// Of the registers only those of the innermost function are known.
  func object(
    in place: DebugPlace, of frame: fallow_frame, isInnermost: Bool
  ) -> Int? {
    func moved(_ address: UInt64, _ offset: Int) -> UInt64 {
      address &+ UInt64(bitPattern: Int64(offset))
    }
    func value(of register: Int) -> UInt64? {
      if register == Self.framePointer { return frame.base }
      guard isInnermost else { return nil }
      var value: UInt64 = 0
      let isKnown = unsafe fallow_image_register(
        pointer, Int32(register), &value)
      return isKnown ? value : nil
    }
    let object: Int32
    switch place {
    case .fixed: return nil
    case .frame(let offset):
      object = unsafe fallow_image_object_at(
        pointer, moved(frame.base, offset))
    case .memory(let register, let offset):
      guard let base = value(of: register) else { return nil }
      object = unsafe fallow_image_object_at(pointer, moved(base, offset))
    case .register(let register, let offset):
      guard let held = value(of: register) else { return nil }
      object = unsafe fallow_image_object(pointer, moved(held, offset))
    }
    return object < 0 ? nil : Int(object)
  }

  /// The number that debug information has for the register that points to a
  /// frame.
  private static let framePointer = 6

  /// The places in the program's text that led to the access at hand, the
  /// innermost first.
  var calls: [UInt64] {
    var offsets = [UInt64](repeating: 0, count: 8)
    let count = unsafe fallow_image_calls(
      pointer, &offsets, Int32(offsets.count))
    return Array(offsets.prefix(Int(count)))
  }
}

/// A function that a program declares by a macro of `fallow/check.h`.
struct COperation {
  let number: Int32
  let name: String
  let kind: Int32
  let from: Int32
  let to: Int32
  let cpus: Int32
}

/// Why a program cannot be searched.
package struct CCheckError: Error, CustomStringConvertible {
  /// What is wrong, where, and what to do.
  package let description: String

  init(_ description: String) { self.description = description }
}
