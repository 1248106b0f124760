// swift-tools-version: 6.2
import PackageDescription

// Images that boot: the root package's `Fallow`, built Embedded, with the
// least of a kernel around it. Built by `Scripts/boot.sh`, which names the
// triple and the toolset of a machine.
let package = Package(
  name: "bare",
  dependencies: [.package(name: "fallow", path: "..", traits: [])],
  targets: [
    // What Swift cannot say: entry code, privileged instructions, memset.
    .target(name: "CMachine"),
    // The platform that the library asks for, a console, a device.
    .target(
      name: "BareKernel",
      dependencies: [
        "CMachine", .product(name: "Fallow", package: "fallow"),
        .product(name: "FallowSchemes", package: "fallow"),
      ]),
    // Steps on whose outcome an image and the simulated machine agree.
    .target(
      name: "AgreedSequence",
      dependencies: [.product(name: "Fallow", package: "fallow")]),
    .executableTarget(
      name: "X86Image",
      dependencies: [
        "AgreedSequence", "BareKernel", "CMachine",
        .product(name: "Fallow", package: "fallow"),
      ],
      linkerSettings: [.linkerScript("x86_64")]),
    .executableTarget(
      name: "RISCVImage",
      dependencies: [
        "BareKernel", "CMachine", .product(name: "Fallow", package: "fallow"),
      ],
      linkerSettings: [.linkerScript("riscv64")]),
    .executableTarget(
      name: "AArch64Image",
      dependencies: [
        "BareKernel", "CMachine", .product(name: "Fallow", package: "fallow"),
      ],
      linkerSettings: [.linkerScript("aarch64")]),
  ]
)

extension LinkerSetting {
  /// Lays the image out as `Layouts/NAME.ld` says.
  static func linkerScript(_ name: String) -> Self {
    let path = "\(Context.packageDirectory)/Layouts/\(name).ld"
    return .unsafeFlags(["-Xlinker", "-T", "-Xlinker", path])
  }
}

for target in package.targets where target.name != "CMachine" {
  target.swiftSettings = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-no-allocations"]),
  ]
}
