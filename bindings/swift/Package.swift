// swift-tools-version: 6.0
import PackageDescription

// The Swift package: what UniFFI generates from the built library (`bindings/ffi/generate swift`, into folders that
// git ignores), and one small layer that makes it Swift.
let package = Package(
    name: "RoundsCore",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "RoundsCore", targets: ["RoundsCore"])],
    targets: [
        .systemLibrary(name: "RoundsFFIC"),
        .target(name: "RoundsCore", dependencies: ["RoundsFFIC"]),
        .testTarget(name: "RoundsCoreTests", dependencies: ["RoundsCore"]),
    ]
)
