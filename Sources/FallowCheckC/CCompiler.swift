// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Compiles C for a search, by clang.
struct CCompiler {
  let clang: String

  /// What the code is compiled with: each access to memory calls a hook, in
  /// the order of the source unless it is optimized, and so does each basic
  /// block.
  static func flags(optimization: Int) -> [String] {
    [
      "-O\(optimization)", "-g", "-gdwarf-4", "-std=gnu11", "-fPIC",
      "-ffreestanding", "-fno-builtin", "-fno-omit-frame-pointer",
      "-fno-optimize-sibling-calls", "-fno-stack-protector",
      "-fno-strict-aliasing", "-fno-jump-tables", "-fno-common",
      "-fno-vectorize", "-fno-slp-vectorize", "-fcf-protection=none",
      "-fno-delete-null-pointer-checks", "-fno-strict-overflow",
      "-fsanitize=thread", "-fsanitize-coverage=trace-pc,no-prune", "-pg",
      "-mfentry", "-mllvm",
      "-tsan-instrument-read-before-write=1", "-mllvm",
      "-tsan-distinguish-volatile=1", "-mllvm",
      "-tsan-instrument-func-entry-exit=0",
    ]
  }

  /// The clang at `path`, else that of the Swift toolchain, else the first on
  /// the path.
  ///
  /// - Throws: If there is none.
  init(_ path: String?) throws(CCheckError) {
    if let path {
      guard FileManager.default.isExecutableFile(atPath: path) else {
        throw CCheckError("--clang: there is no program \(path)")
      }
      clang = path
      return
    }
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "")
      .split(separator: ":").map(String.init)
    func first(_ name: String, isBeside other: String? = nil) -> String? {
      folders.first {
        FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
          && (other == nil
            || FileManager.default.isExecutableFile(
              atPath: "\($0)/\(other ?? "")"))
      }.map { "\($0)/\(name)" }
    }
    guard
      let found = first("clang", isBeside: "swift") ?? first("clang")
    else {
      throw CCheckError(
        "no clang is found: name one with --clang PATH (clang 16 or newer)")
    }
    clang = found
  }

  /// Compiles a file.
  func compile(
    _ file: String, to object: String, _ settings: CSettings, headers: String
  ) throws(CCheckError) {
    try run(
      Self.flags(optimization: settings.optimization)
        + settings.arguments(headers: headers)
        + ["-x", "c", "-c", file, "-o", object],
      doing: "compile \(file)")
  }

  /// A file in the compiler's own language, with no hooks.
  func intermediate(
    of file: String, to output: String, _ settings: CSettings, headers: String
  ) throws(CCheckError) {
    try run(
      ["-O0", "-g", "-std=gnu11", "-ffreestanding", "-fno-builtin", "-w"]
        + settings.arguments(headers: headers)
        + ["-x", "c", "-S", "-emit-llvm", file, "-o", output],
      doing: "compile \(file)")
  }

  /// Links objects into one that can be loaded.
  func link(_ objects: [String], to output: String) throws(CCheckError) {
    let folder = (clang as NSString).deletingLastPathComponent
    let hasLinker = FileManager.default.isExecutableFile(
      atPath: "\(folder)/ld.lld")
    try run(
      ["-shared", "-nostdlib", "-Wl,-z,norelro", "-Wl,--build-id=none"]
        + (hasLinker ? ["-fuse-ld=lld"] : [])
        + ["-Wl,--unresolved-symbols=ignore-all"] + objects
        + ["-o", output], doing: "link")
  }

  /// Runs clang.
  ///
  /// - Throws: What clang says, after what it was to do.
  func run(
    _ arguments: [String], doing what: String
  ) throws(CCheckError) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: clang)
    process.arguments = arguments
    let output = Pipe()
    process.standardError = output
    process.standardOutput = output
    do {
      try process.run()
    } catch {
      throw CCheckError(
        "\(clang) cannot be run: \(error.localizedDescription)")
    }
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let text = String(decoding: text, as: UTF8.self)
      throw CCheckError("clang cannot \(what):\n\(text)\(Self.hint(text))")
    }
  }

  /// What to do about a name that clang does not know.
  private static func hint(_ text: String) -> String {
    let signs = [
      "undeclared", "unknown type name", "file not found", "incomplete type",
      "no member named",
    ]
    guard signs.contains(where: text.contains) else { return "" }
    return
      "fallow/linux.h has not every name of the kernel: declare what is "
      + "missing in the file itself, or in a header that --include finds. "
      + "`fallow headers DIR` writes out the names that there are.\n"
  }
}

/// What a user says of how C is compiled.
package struct CSettings: Sendable {
  /// Files to compile.
  package var files: [String] = []
  /// Objects that the user's own build made with the same flags.
  package var objects: [String] = []
  /// Folders of headers.
  package var includes: [String] = []
  /// Macros, each a name or a name and a value.
  package var defines: [String] = []
  /// 0, 1 or 2.
  package var optimization = 0
  /// The compiler; nil to look for it.
  package var clang: String?

  /// Nothing yet.
  package init() {}

  /// The flags that objects have to be compiled with.
  package var flags: String {
    CCompiler.flags(optimization: optimization).joined(separator: " ")
  }

  /// Ends with a file or a folder that is not there.
  func checkPaths() throws(CCheckError) {
    let manager = FileManager.default
    func isFolder(_ path: String) -> Bool {
      manager.fileExists(atPath: path + "/.")
    }
    for file in files + objects
    where isFolder(file) || !manager.isReadableFile(atPath: file) {
      throw CCheckError("\(file) cannot be read")
    }
    for folder in includes where !isFolder(folder) {
      throw CCheckError("--include: there is no folder \(folder)")
    }
    for file in files where ObjectFile(file) != nil {
      throw CCheckError("\(file) is an object: name it with --object")
    }
  }

  fileprivate func arguments(headers: String) -> [String] {
    defines.map { "-D\($0)" } + includes.map { "-I\($0)" }
      + ["-isystem", headers, "-Wno-unused-value"]
  }
}
