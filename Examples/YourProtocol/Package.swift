// swift-tools-version: 6.2
import PackageDescription

// A protocol of one's own, checked by Fallow's explorer from one's own tests.
let package = Package(
  name: "YourProtocol",
  dependencies: [.package(name: "fallow", path: "../..", traits: [])],
  targets: [
    .target(
      name: "YourProtocol",
      dependencies: [
        .product(name: "Fallow", package: "fallow"),
        .product(name: "FallowExplorer", package: "fallow"),
      ]),
    .testTarget(
      name: "YourProtocolTests",
      dependencies: [
        "YourProtocol",
        .product(name: "FallowExplorer", package: "fallow"),
      ]),
  ]
)
