// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import FallowCheckC
internal import FallowExplorer

/// The options of `fallow check` that go with C.
struct CheckCOptions: ParsableArguments {
  @Option(
    name: .customLong("c"),
    help: ArgumentHelp(
      "Search a program in C that includes <fallow/check.h>; again for more "
        + "files.", valueName: "file.c"))
  var files: [String] = []
  @Option(
    name: .customLong("object"),
    help: ArgumentHelp(
      "With --c: an object that your own build made with the flags of "
        + "--print-flags.", valueName: "file.o"))
  var objects: [String] = []
  @Option(
    name: .customLong("include"),
    help: ArgumentHelp("With --c: a folder of headers.", valueName: "folder"))
  var includes: [String] = []
  @Option(
    name: .customLong("define"),
    help: ArgumentHelp("With --c: a macro.", valueName: "name[=value]"))
  var defines: [String] = []
  @Option(
    help: ArgumentHelp(
      "With --c: search what the compiler makes of the code at this level; at "
        + "0 every access stays where it is.", valueName: "0|1|2"))
  var optimize = 0
  @Option(
    help: ArgumentHelp(
      "With --c: the compiler; else that of the Swift toolchain, or the first "
        + "on the path.", valueName: "path"))
  var clang: String?
  @Flag(help: "Print the flags that objects for --object are compiled with.")
  var printFlags = false

  /// Whether a program is to be searched.
  var isGiven: Bool { !files.isEmpty || !objects.isEmpty }

  /// What a program is compiled by.
  var settings: CSettings {
    var settings = CSettings()
    settings.files = files
    settings.objects = objects
    settings.includes = includes
    settings.defines = defines
    settings.optimization = optimize
    settings.clang = clang
    return settings
  }

  /// What objects have to be compiled with.
  var flags: String { settings.flags }

  func validate() throws {
    if !(0...2).contains(optimize) {
      throw ValidationError("--optimize takes 0, 1 or 2")
    }
    if !isGiven, !includes.isEmpty || !defines.isEmpty || clang != nil {
      throw ValidationError("name a file with --c")
    }
  }
}
