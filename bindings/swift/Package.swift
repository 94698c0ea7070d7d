// swift-tools-version: 6.0
import PackageDescription

// The Swift package: what UniFFI generates from the built library (`bindings/ffi/generate swift`, into folders that
// git ignores), and one small layer that makes it Swift.
let package = Package(
    name: "RoundsCore",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [
        .library(name: "RoundsCore", targets: ["RoundsCore"]),
        // For tests only: a real server with a small site.
        .library(name: "RoundsStage", targets: ["RoundsStage"]),
    ],
    targets: [
        .systemLibrary(name: "RoundsFFIC"),
        .systemLibrary(name: "RoundsPhoneC"),
        .target(name: "RoundsCore", dependencies: ["RoundsFFIC", "RoundsPhoneC"]),
        .target(name: "RoundsStage", path: "Tests/RoundsStage"),
        .testTarget(name: "RoundsCoreTests", dependencies: ["RoundsCore", "RoundsStage"]),
    ]
)
