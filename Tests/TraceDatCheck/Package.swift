// swift-tools-version: 6.2
import PackageDescription

// Built with the trait TraceDat, by Scripts/trace-dat.sh.
let package = Package(
  name: "TraceDatCheck",
  dependencies: [.package(name: "fallow", path: "../..", traits: ["TraceDat"])],
  targets: [
    .executableTarget(
      name: "TraceDatCheck",
      dependencies: [.product(name: "FallowTrace", package: "fallow")])
  ]
)
