// SPDX-License-Identifier: Apache-2.0

/// Whether an object was compiled with the flags that make its code call hooks.
struct CInstrumentation {
  private let file: String
  private let object: ObjectFile
  private let symbols: [ObjectFile.Symbol]

  /// The hook of each basic block: every function calls it.
  private static let block = "__sanitizer_cov_trace_pc"
  /// What each file with hooks for accesses calls at its beginning.
  private static let start = "__tsan_init"
  private static let advice =
    "compile it with the flags of fallow check --print-flags"

  /// Reads an object.
  ///
  /// - Parameters:
  ///   - path: Where it stands.
  ///   - file: What errors call it.
  /// - Throws: Why it is none for this machine.
  init(_ path: String, of file: String) throws(CCheckError) {
    guard let object = ObjectFile(path) else {
      throw CCheckError("\(file) is no object: clang -c makes one")
    }
    guard object.isForX86 else {
      throw CCheckError("\(file) is not for x86-64: " + Self.advice)
    }
    guard object.isRelocatable else {
      throw CCheckError("\(file) is linked already: clang -c makes an object")
    }
    self.file = file
    self.object = object
    symbols = object.symbols
  }

  /// The functions and variables that it defines for others.
  var defined: Set<String> {
    Set(
      symbols.filter { $0.section != 0 && !$0.isLocal && !$0.name.isEmpty }
        .map(\.name))
  }

  /// Ends with what is wrong with it, if anything is.
  func check() throws(CCheckError) {
    let code = functions
    if code.isEmpty { return }
    let names = Set(symbols.map(\.name))
    guard names.contains(Self.start) else {
      throw CCheckError(
        "\(file) has no hooks where it accesses memory: " + Self.advice)
    }
    guard !names.contains("__tsan_func_entry") else {
      throw CCheckError(
        "\(file) calls hooks where functions begin and end: " + Self.advice)
    }
    let calls = callsOfBlocks
    for function in code
    where !calls.contains(where: { function.contains($0) })
      && !endsInTrap(function)
    {
      throw CCheckError(
        "\(file): \(function.name)() has no hooks where its blocks begin: "
          + Self.advice)
    }
  }

  /// The functions of the code itself, not those that the compiler adds.
  private var functions: [Function] {
    symbols.filter {
      $0.isFunction && $0.section != 0 && $0.size > 0
        && !$0.name.hasPrefix("tsan.") && !$0.name.hasPrefix("sancov.")
    }.map {
      Function(
        name: $0.name, section: $0.section,
        places: $0.value..<max($0.value, $0.value &+ $0.size))
    }
  }

  /// Whether a function ends at an instruction that is none, as one does that a
  /// compiler found no other way through: such a block has no hook.
  private func endsInTrap(_ function: Function) -> Bool {
    guard object.sections.indices.contains(function.section) else {
      return false
    }
    var reader = object.reader(of: object.sections[function.section])
    reader.offset = Int(truncatingIfNeeded: function.places.upperBound) - 2
    return reader.number(2) == 0x0b0f
  }

  /// Where the object calls the hook of basic blocks.
  private var callsOfBlocks: [Call] {
    let relocations: UInt64 = 4
    var found: [Call] = []
    for section in object.sections where section.kind == relocations {
      var reader = object.reader(of: section)
      while !reader.isAtEnd {
        let place = reader.number(8)
        let symbol = Int(reader.number(8) >> 32)
        reader.offset += 8
        if symbols.indices.contains(symbol), symbols[symbol].name == Self.block
        {
          found.append(Call(section: section.info, place: place))
        }
      }
    }
    return found
  }

  private struct Call {
    var section: Int
    var place: UInt64
  }

  private struct Function {
    var name: String
    var section: Int
    var places: Range<UInt64>

    func contains(_ call: Call) -> Bool {
      call.section == section && places.contains(call.place)
    }
  }
}
