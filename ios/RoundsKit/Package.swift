// swift-tools-version: 6.0
import PackageDescription

// What the iOS app decides without pixels: view models, words and tokens. No SwiftUI here, so that it is built and
// tested on Linux too.
let package = Package(
    name: "RoundsKit",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "RoundsKit", targets: ["RoundsKit"])],
    dependencies: [.package(name: "RoundsCore", path: "../../bindings/swift")],
    targets: [
        .target(name: "RoundsKit", dependencies: [.product(name: "RoundsCore", package: "RoundsCore")]),
        .testTarget(
            name: "RoundsKitTests",
            dependencies: ["RoundsKit", .product(name: "RoundsStage", package: "RoundsCore")]),
    ]
)
