// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let package = Package(
  name: "fallow",
  products: [
    .library(name: "Fallow", targets: ["Fallow"]),
    .library(name: "FallowSchemes", targets: ["FallowSchemes"]),
    .library(name: "FallowMachine", targets: ["FallowMachine"]),
    .library(name: "FallowExplorer", targets: ["FallowExplorer"]),
    .library(name: "FallowTrace", targets: ["FallowTrace"]),
    .executable(name: "fallow", targets: ["fallow"]),
    .executable(name: "fallow-record", targets: ["fallow-record"]),
  ],
  traits: [
    .default(enabledTraits: ["Command"]),
    .trait(
      name: "Command",
      description: "The command, which parses its arguments by a package."),
    .trait(
      name: "Small",
      description: "A smaller library, without paths for what is done most."),
    .trait(
      name: "TraceDat",
      description: "Reads trace.dat by libtracecmd, and not by trace-cmd."),
  ],
  dependencies: [
    .package(
      url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    // Documentation only: `make docs`.
    .package(
      url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
  ],
  targets: [
    // The kernel library: no allocation, no Foundation; also built Embedded.
    .target(name: "Fallow"),
    // Linux's ways to free, to compare with; also built Embedded.
    .target(name: "FallowSchemes", dependencies: ["Fallow"]),
    // A simulated machine to run it on.
    .target(name: "FallowMachine", dependencies: ["Fallow"]),
    // The search for what code gets wrong.
    .target(
      name: "FallowExplorer",
      dependencies: ["Fallow", "FallowMachine", "FallowSchemes"]),
    // Runs compiled C one access at a time, and its headers.
    .target(
      name: "FallowKernelC", exclude: ["headers"]),
    // C programs for the search.
    .target(
      name: "FallowCheckC",
      dependencies: ["Fallow", "FallowExplorer", "FallowKernelC"]),
    // Recorded kernel traces: events, readers, replay.
    .target(
      name: "FallowTrace",
      dependencies: [
        "Fallow", "FallowMachine", "FallowSchemes",
        .target(name: "FallowTraceDat", condition: .when(traits: ["TraceDat"])),
      ]),
    // libtracecmd, where its headers are installed.
    .target(
      name: "FallowTraceDat",
      cSettings: [.headerSearchPath("forward")],
      linkerSettings: [
        .linkedLibrary("tracecmd", .when(traits: ["TraceDat"])),
        .linkedLibrary("traceevent", .when(traits: ["TraceDat"])),
      ]),
    // Records the running kernel: Linux on x86-64.
    .target(
      name: "FallowRecordSystem",
      // Compiled for BPF by Scripts/record-programs.sh.
      exclude: ["bpf", "programs.inc"]),
    .target(name: "FallowRecord", dependencies: ["FallowRecordSystem"]),
    // Tables and timelines.
    .target(name: "FallowReport"),
    .target(
      name: "FallowTool",
      dependencies: [
        "Fallow", "FallowSchemes", "FallowMachine", "FallowExplorer",
        "FallowCheckC", "FallowTrace", "FallowReport", "FallowRecord",
        .product(
          name: "ArgumentParser", package: "swift-argument-parser",
          condition: .when(traits: ["Command"])),
      ]),
    .executableTarget(name: "fallow", dependencies: ["FallowTool"]),
    // A part of it, for machines that are recorded: `make dist` links it
    // statically.
    .executableTarget(name: "fallow-record", dependencies: ["FallowTool"]),

    .testTarget(
      name: "FallowTests", dependencies: ["Fallow"],
      // Compiled by the tests themselves.
      exclude: ["Embedded", "Misuse"]),
    // Shared with the images that boot: see Bare/README.md.
    .target(
      name: "AgreedSequence", dependencies: ["Fallow"],
      path: "Bare/Sources/AgreedSequence"),
    .testTarget(
      name: "FallowMachineTests",
      dependencies: ["Fallow", "FallowMachine", "AgreedSequence"]),
    .testTarget(
      name: "FallowExplorerTests",
      dependencies: [
        "Fallow", "FallowMachine", "FallowExplorer", "FallowSchemes",
      ]),
    .testTarget(
      name: "FallowTraceTests",
      dependencies: [
        "Fallow", "FallowSchemes", "FallowMachine", "FallowTrace",
      ],
      exclude: ["Recordings"]),
    .testTarget(
      name: "FallowCheckCTests",
      dependencies: ["Fallow", "FallowCheckC", "FallowExplorer"],
      // Programs in C that the tests compile.
      exclude: ["Names", "Pairs"]),
    .testTarget(name: "FallowReportTests", dependencies: ["FallowReport"]),
    .testTarget(
      name: "FallowRecordTests",
      dependencies: ["FallowRecord", "FallowRecordSystem", "FallowTrace"]),
    .testTarget(
      name: "FallowToolTests", dependencies: ["FallowTool", "fallow"]),
  ]
)

let inC = ["FallowRecordSystem", "FallowKernelC", "FallowTraceDat"]
for target in package.targets where !inC.contains(target.name) {
  var settings = target.swiftSettings ?? []
  settings += [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]
  target.swiftSettings = settings
}

// The library, the explorer and their tests alone, for the optimized and the
// sanitized tests, which need nothing of the tools.
if Context.environment["FALLOW_LIBRARY_ONLY"] != nil {
  let tools = [
    "FallowTool", "fallow", "fallow-record", "FallowTrace", "FallowTraceDat",
    "FallowRecord", "FallowRecordSystem", "FallowReport", "FallowTraceTests",
    "FallowReportTests", "FallowRecordTests", "FallowToolTests",
  ]
  package.targets.removeAll { tools.contains($0.name) }
  package.products.removeAll { tools.contains($0.name) }
}
