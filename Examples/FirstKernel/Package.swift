// swift-tools-version: 6.2
import PackageDescription

// Where Fallow is: in a folder beside this one, or where FALLOW says: a folder,
// or the URL of a repository, whose last part is its name here. Small rather than
// fast.
let place = Context.environment["FALLOW"] ?? "../fallow"
let isURL = place.contains(":")
let fallow: Package.Dependency =
  isURL
  ? .package(url: place, branch: "main", traits: ["Small"])
  : .package(name: "fallow", path: place, traits: ["Small"])
let name = isURL ? String(place.split(separator: "/").last!) : "fallow"

let layout =
  "\(Context.packageDirectory)/Layouts/"
  + "\(Context.environment["MACHINE"] ?? "riscv64").ld"

let package = Package(
  name: "first-kernel",
  dependencies: [fallow],
  targets: [
    // What Swift cannot say: entry code, privileged instructions, memset.
    .target(name: "Boot"),
    .executableTarget(
      name: "FirstKernel",
      dependencies: ["Boot", .product(name: "Fallow", package: name)],
      swiftSettings: [
        .strictMemorySafety(),
        // Small rather than fast; and nothing is allocated.
        .unsafeFlags(["-Osize", "-no-allocations"]),
      ],
      linkerSettings: [
        .unsafeFlags(["-Xlinker", "-T", "-Xlinker", layout])
      ]),
  ]
)
