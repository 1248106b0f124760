// swift-tools-version: 6.2
import PackageDescription

// A package that depends on a release. FALLOW is the URL of the repository,
// whose last part is the name of the package: Scripts/dependent.sh sets it.
let url = Context.environment["FALLOW"] ?? "../../fallow"

let package = Package(
  name: "dependent",
  dependencies: [.package(url: url, from: "0.1.0", traits: [])],
  targets: [
    .executableTarget(
      name: "Dependent",
      dependencies: [
        .product(name: "Fallow", package: "fallow"),
        .product(name: "FallowTrace", package: "fallow"),
      ])
  ])
