// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// What the library costs, beside the same work in C: `make bench`. A package of
// its own, so that it sees what a kernel sees: the public interface.
let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "fallow", path: "..", traits: [])],
  targets: [
    .target(name: "BenchSupport", path: "BenchSupport"),
    .executableTarget(
      name: "FallowBench",
      dependencies: [
        "BenchSupport", .product(name: "Fallow", package: "fallow"),
      ],
      path: "FallowBench",
      swiftSettings: [
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ]),
  ]
)
