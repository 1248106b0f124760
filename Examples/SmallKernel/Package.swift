// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "small-kernel",
  dependencies: [.package(name: "fallow", path: "../..", traits: [])],
  targets: [
    .executableTarget(
      name: "SmallKernel",
      dependencies: [.product(name: "Fallow", package: "fallow")],
      swiftSettings: [.strictMemorySafety(), .treatAllWarnings(as: .error)])
  ])
