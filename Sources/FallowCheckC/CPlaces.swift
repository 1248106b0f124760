// SPDX-License-Identifier: Apache-2.0

internal import FallowExplorer
internal import FallowKernelC
internal import Synchronization

/// Names for the places of a program: lines, variables, functions.
final class CPlaces: Sendable {
  private let lines: LineTable
  private let info: DebugInfo
  private let types = ObjectTypes()
  private let sections: [(offset: UInt64, size: UInt64, firstWord: Int)]
  private let heap: Int
  private let stacks: Int
  private let objects: Int
  private let wordsPerStack: Int

  /// The names in an object that was loaded.
  ///
  /// - Throws: Which section of its debug information is damaged.
  init(_ object: ObjectFile, image: CImage) throws(CCheckError) {
    lines = try LineTable(object)
    info = try DebugInfo(object)
    sections = image.sections
    heap = Int(image.memory.heap)
    stacks = Int(image.memory.stacks)
    wordsPerStack = Int(image.memory.words_per_stack)
    objects = Int(image.machine.objects)
  }

  /// The line of the innermost call that is not in the tool's own headers, of
  /// those that were inlined as well.
  func line(of calls: [UInt64]) -> SourceLine? {
    let found = calls.flatMap { call in
      [lines.line(at: call)]
        + info.inlinedCalls(at: call).map {
          lines.line($0.line, ofFile: $0.file, inProgramAt: $0.lines)
        }
    }.compactMap { $0 }
    return (found.first { !$0.isHeader } ?? found.first)?.line
  }

  /// Takes notice of the objects that the program's variables point to where
  /// it was stopped.
  func noteObjects(of image: CImage) {
    for (depth, frame) in image.frames.enumerated() {
      for pointer in info.localPointers(at: frame.call) {
        let object = image.object(
          in: pointer.place, of: frame, isInnermost: depth == 0)
        if let object { types.note(object, pointer, by: info) }
      }
    }
  }

  /// The names, for timelines of a machine with so many CPUs.
  func names(cpus: Int) -> ProgramNames {
    ProgramNames(
      place: { [self] in name($0, $1, cpus: cpus) },
      function: { [self] in function($0) })
  }

  private func name(
    _ place: MemoryPlace, _ part: WordPart, cpus: Int
  ) -> String {
    let first = part.first
    if place.frame >= 0 {
      let offset = place.word * 8 + first
      let member =
        info.member(of: "ptdesc", at: offset, count: part.count)
        ?? info.member(of: "page", at: offset, count: part.count)
      return "(frame \(place.frame))->"
        + (member.map { String($0.dropFirst()) } ?? "word \(place.word)")
    }
    if place.word >= stacks {
      let actor = (place.word - stacks) / wordsPerStack
      return switch actor {
      case ..<cpus: "the stack of CPU \(actor)"
      case cpus: "the stack of the worker"
      case cpus + 1: "the stack of a callback"
      default: "the stack of an interrupt"
      }
    }
    if place.word >= heap + objects {
      let word = place.word - heap - objects
      if let found = types[word / 8] {
        let member = info.member(
          ofType: found.structure, at: word % 8 * 8 + first, count: part.count)
        if !member.isEmpty {
          return "\(found.variable)->\(member.dropFirst()) "
            + "(object \(word / 8))"
        }
      }
      return "object \(word / 8), word \(word % 8)"
    }
    if place.word >= heap { return "object \(place.word - heap)" }
    for section in sections {
      let index = place.word - section.firstWord
      guard index >= 0, index < Int(section.size / 8) else { continue }
      let address = section.offset + UInt64(index * 8 + first)
      if let name = info.name(at: address, count: part.count) { return name }
    }
    return "word \(place.word)"
  }

  private func function(_ pointer: UInt64) -> String {
    info.function(at: Self.offset(pointer)) ?? "a function"
  }

  /// Where the function at a pointer is in the program's text.
  static func offset(_ pointer: UInt64) -> UInt64 {
    fallow_offset_of_pointer(pointer)
  }
}
