// SPDX-License-Identifier: Apache-2.0

package import FallowExplorer
internal import FallowKernelC
internal import Foundation

/// A program in C, compiled and loaded, that can be searched.
@safe
package final class CCheck: Sendable {
  private let folder: String
  private let object: String
  private let image: CImage
  private let places: CPlaces
  private let version: String
  private let usesTables: Bool
  private let name: String

  /// Compiles the files, looks for what escapes the hooks, and loads the
  /// program.
  ///
  /// - Throws: What is wrong with the code, and where.
  package init(_ settings: CSettings) throws(CCheckError) {
    #if !(os(Linux) && arch(x86_64))
      throw CCheckError("C is searched on Linux on x86-64 alone")
    #endif
    folder =
      NSTemporaryDirectory() + "fallow-check-\(UUID().uuidString)"
    object = folder + "/program.so"
    name = (settings.files + settings.objects).map {
      ($0 as NSString).lastPathComponent
    }.joined(separator: " ")
    let headers = folder + "/headers"
    do throws(CCheckError) {
      try CHeaders.write(to: headers)
      try Self.build(settings, in: folder, headers: headers, to: object)
      guard let file = ObjectFile(object) else {
        throw CCheckError("clang made no object")
      }
      image = try CImage(object)
      places = try CPlaces(file, image: image)
      usesTables = file.names(symbol: "fallow_free_table")
      version = String(file.fingerprint, radix: 36)
    } catch {
      try? FileManager.default.removeItem(atPath: folder)
      throw error
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private static func build(
    _ settings: CSettings, in folder: String, headers: String,
    to output: String
  ) throws(CCheckError) {
    let compiler = try CCompiler(settings.clang)
    try settings.checkPaths()
    var objects: [(path: String, file: String)] = []
    var escapes: [CEscapes] = []
    for (index, file) in settings.files.enumerated() {
      let intermediate = "\(folder)/\(index).ll"
      try compiler.intermediate(
        of: file, to: intermediate, settings, headers: headers)
      let text = FileManager.default.contents(atPath: intermediate) ?? Data()
      escapes.append(CEscapes(String(decoding: text, as: UTF8.self)))
      let object = "\(folder)/\(index).o"
      try compiler.compile(file, to: object, settings, headers: headers)
      objects.append((object, file))
    }
    objects += settings.objects.map { ($0, $0) }
    var defined = Set(escapes.flatMap(\.defined))
    for (path, file) in objects {
      let object = try CInstrumentation(path, of: file)
      try object.check()
      defined.formUnion(object.defined)
    }
    let found = escapes.flatMap { $0.found(defined: defined) }
    guard found.isEmpty else {
      throw CCheckError(found.joined(separator: "\n"))
    }
    try compiler.link(objects.map(\.path), to: output)
  }

  // MARK: The search

  /// The program as a search.
  ///
  /// - Parameters:
  ///   - isWanted: Which of its functions are begun.
  ///   - loops: What is done about loops.
  ///   - change: Changes the machine that the program asks for.
  /// - Throws: What it declares wrongly.
  package func entry(
    of isWanted: (String) -> Bool = { _ in true },
    loops: LoopTreatment = .cut,
    changing change: (inout Bounds) -> Void = { _ in }
  ) throws(CCheckError) -> CatalogueEntry {
    let operations = image.operations.filter { isWanted($0.name) }
    guard operations.contains(where: { $0.kind == 0 }) else {
      throw CCheckError(
        "\(name) declares no operation: write FALLOW_OPERATION(name, from, to) "
          + "{ ... } or FALLOW_READER(name) { ... } of <fallow/check.h>")
    }
    var bounds = self.bounds(operations)
    change(&bounds)
    guard bounds.slots <= 2 else {
      throw CCheckError("there are at most two slots")
    }
    let actors = bounds.cpus + 2 + bounds.interrupts
    bounds.memory.words += actors * bounds.memory.wordsPerStack
    var moves: [Move] = []
    let moving = operations.filter { $0.kind != 2 }
    for operation in moving { moves.append(try operation.move(bounds)) }
    let numbers = moving.map(\.number)
    var scenario = Scenario(
      name, bounds: bounds, moves: moves,
      slots: (0..<bounds.slots).map {
        Slot(number: $0, firstPage: $0 << 1, pageCount: 1)
      })
    scenario.names = places.names(cpus: bounds.cpus)
    scenario.mustHappen = usesTables ? [.released] : []
    return CatalogueEntry(
      program: name, version: version, scenario: scenario,
      search: { [self] in search($0, $1, numbers, loops) })
  }

  private func bounds(_ operations: [COperation]) -> Bounds {
    let machine = image.machine
    let memory = image.memory
    var bounds = Bounds()
    bounds.cpus = Int(machine.cpus)
    bounds.slots = Int(machine.slots)
    bounds.frames = Int(machine.tables)
    // Of no IOMMU nothing is seen either if no device shares the space.
    bounds.iommus = machine.iommus == 0 ? 1 : Int(machine.iommus)
    bounds.pasids = Int(machine.pasids)
    bounds.storeBuffers = Int(machine.store_buffers)
    bounds.ats = machine.ats != 0
    bounds.mayFail = machine.failing_invalidations != 0
    bounds.startsUnshared = machine.unshared != 0 || machine.iommus == 0
    bounds.levels = Int(machine.levels)
    bounds.cpusWalk = machine.only_iommus_walk == 0
    bounds.cpusCacheApart = machine.cpus_cache_apart != 0
    bounds.walkingCPUs = UInt8(truncatingIfNeeded: machine.walking_cpus)
    bounds.asids = Int(machine.asids)
    bounds.iommusSnoop = machine.no_snoop == 0
    bounds.interruptsOnEachCPU = machine.interrupts_on_each_cpu != 0
    bounds.migrates = machine.migrates != 0
    bounds.walkersSetBits = machine.walkers_set_bits != 0
    bounds.keepsRights = operations.contains { $0.to == COperation.readOnly }
    bounds.interrupts = max(
      Int(machine.interrupts), operations.contains { $0.kind == 1 } ? 1 : 0)
    bounds.memory.words = Int(memory.words)
    bounds.memory.heap = Int(memory.heap)
    bounds.memory.stacks = Int(memory.stacks)
    bounds.memory.wordsPerStack = Int(memory.words_per_stack)
    bounds.memory.wordsPerDescriptor = Int(memory.words_per_descriptor)
    return bounds
  }

  /// The program once more, in memory of its own.
  private var copy: CImage {
    do throws(CCheckError) {
      return try CImage(object)
    } catch {
      fatalError("\(error)")
    }
  }

  private func search(
    _ scenario: Scenario, _ options: SearchOptions, _ operations: [Int32],
    _ loops: LoopTreatment
  ) -> Outcome {
    let setUps = image.operations.filter { $0.kind == 2 }.map(\.number)
    return Search(scenario, options: options) {
      [self] (machine) throws(Stop) in
      let copy = copy
      copy.treatLoops(loops.number)
      return CModel(
        on: machine, copy, operations: operations, setUps: setUps,
        places: places)
    }.run()
  }
}

/// What a search does about the loops of a program.
package enum LoopTreatment: Sendable {
  /// An operation that stands where it stood before goes on from there.
  case cut
  /// For the tests: what it does again and again is kept.
  case kept
  /// For the tests: the same line is taken for where it stood.
  case cutUnseen

  fileprivate var number: fallow_loops {
    switch self {
    case .cut: .FALLOW_LOOPS_CUT
    case .kept: .FALLOW_LOOPS_KEPT
    case .cutUnseen: .FALLOW_LOOPS_CUT_UNSEEN
    }
  }
}

extension COperation {
  /// FALLOW_READ_ONLY.
  fileprivate static let readOnly: Int32 = 4

  /// The operation as a move.
  fileprivate func move(_ bounds: Bounds) throws(CCheckError) -> Move {
    let first = bounds.cpus + 2
    let all = (1 << bounds.cpus) - 1
    let mask =
      kind == 1
      ? ((1 << bounds.interrupts) - 1) << first : Int(cpus) & all
    guard mask != 0 else {
      throw CCheckError(
        "\(name) may run on none of the \(bounds.cpus) CPUs of the machine")
    }
    var move = Move(
      .program, from: try state(from), to: try state(to) ?? .empty,
      actors: UInt8(truncatingIfNeeded: mask))
    move.function = name
    return move
  }

  private func state(_ number: Int32) throws(CCheckError) -> SlotState? {
    switch number {
    case 0: return .empty
    case 1: return .mapped
    case 2: return .over
    case 3: return .shared
    case Self.readOnly: return .readOnly
    case 99: return nil
    default:
      throw CCheckError(
        "\(name): \(number) is no state of a slot: FALLOW_EMPTY, "
          + "FALLOW_MAPPED, FALLOW_SHARED, FALLOW_READ_ONLY, FALLOW_OVER and "
          + "FALLOW_ANY are")
    }
  }
}

extension ObjectFile {
  /// Whether the object uses, or defines, a symbol.
  fileprivate func names(symbol: String) -> Bool {
    self[".dynstr"].split(separator: 0).contains {
      $0.elementsEqual(symbol.utf8)
    }
  }
}
