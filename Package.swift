// swift-tools-version: 6.2

import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  // Exclusive access to stored properties is checked at run time in debug builds, which is what all
  // tests run; in release the checks would be an eighth of a call's CPU time.
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
  name: "cloakroom",
  products: [
    .executable(name: "cloakroom", targets: ["CloakroomCommand"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .systemLibrary(name: "CEpoll"),
    .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
    .systemLibrary(name: "CJansson", providers: [.apt(["libjansson-dev"])]),
    .systemLibrary(name: "CMalloc"),
    .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),

    .target(
      name: "CloakroomCore",
      dependencies: [.product(name: "NIOCore", package: "swift-nio")],
      swiftSettings: strict
    ),
    .target(
      name: "CloakroomWire",
      dependencies: ["CloakroomCore", .product(name: "NIOCore", package: "swift-nio")],
      swiftSettings: strict
    ),
    .target(
      name: "CloakroomRedis",
      dependencies: [
        "CHiredis", "CloakroomCore",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "CloakroomStore",
      dependencies: [
        "COpenSSL", "CloakroomCore", "CloakroomRedis",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "CloakroomTokens",
      dependencies: [
        "COpenSSL", "CloakroomCore", "CloakroomWire",
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict
    ),
    .target(name: "CloakroomSchema", dependencies: ["CloakroomWire"], swiftSettings: strict),
    .target(
      name: "CloakroomMethods",
      dependencies: [
        "CloakroomCore", "CloakroomWire", "CloakroomStore", "CloakroomSchema", "CloakroomTokens",
        .product(name: "BasicContainers", package: "swift-collections"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "CloakroomObservability",
      dependencies: [
        "COpenSSL", "CloakroomCore",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "Cloakroom",
      dependencies: [
        "CJansson", "CMalloc", "CloakroomCore", "CloakroomWire", "CloakroomRedis",
        "CloakroomStore", "CloakroomMethods", "CloakroomObservability", "CloakroomTokens",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "BasicContainers", package: "swift-collections"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Configuration", package: "swift-configuration"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "CloakroomClient",
      dependencies: ["CEpoll", "CloakroomCore", "CloakroomWire"],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "CloakroomCommand",
      dependencies: [
        "Cloakroom", "CloakroomClient", "CloakroomCore", "CloakroomMethods",
        "CloakroomObservability", "CloakroomTokens", "CloakroomWire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "CloakroomStubs",
      dependencies: [
        "Cloakroom", "CloakroomMethods", "CloakroomWire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "Support",
      dependencies: [
        "CloakroomCore", "CloakroomStore", "CloakroomRedis", "CloakroomWire", "CloakroomMethods",
        "CloakroomSchema",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      path: "Tests/Support",
      swiftSettings: strict
    ),
    .testTarget(
      name: "CloakroomCoreTests",
      dependencies: ["CloakroomCore", .product(name: "NIOCore", package: "swift-nio")],
      swiftSettings: strict),
    .testTarget(
      name: "CloakroomWireTests",
      dependencies: [
        "CloakroomWire", "CloakroomCore", "CJansson", "Support",
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "CloakroomRedisTests",
      dependencies: [
        "CloakroomRedis", "CloakroomCore", "CHiredis", "Support",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "CloakroomStoreTests",
      dependencies: [
        "CloakroomStore", "CloakroomRedis", "CloakroomCore", "Support",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ContractTests",
      dependencies: [
        "CloakroomMethods", "CloakroomStore", "CloakroomRedis", "CloakroomCore", "Support",
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      path: "Tests/Contract", swiftSettings: strict),
    .testTarget(
      name: "CloakroomMethodsTests",
      dependencies: [
        "CloakroomMethods", "CloakroomCore", "CloakroomWire", "CloakroomStore", "CloakroomTokens",
        "Support",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CloakroomTokensTests",
      dependencies: [
        "CloakroomTokens", "CloakroomCore", "Support",
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "CloakroomSchemaTests", dependencies: ["CloakroomSchema", "CloakroomWire", "Support"],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "CloakroomObservabilityTests",
      dependencies: [
        "CloakroomObservability", "CloakroomCore", "Support",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "InMemoryLogging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CloakroomTests",
      dependencies: [
        "Cloakroom", "CloakroomCore", "CloakroomMethods", "CloakroomObservability",
        "CloakroomStore",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "Configuration", package: "swift-configuration"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CloakroomClientTests",
      dependencies: [
        "CloakroomClient", "CloakroomCommand", "CloakroomCore", "CloakroomMethods", "CloakroomWire",
        "Support",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CloakroomStubsTests",
      dependencies: [
        "Cloakroom", "CloakroomMethods", "CloakroomStubs", "CloakroomWire", "Support",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DocumentationTests",
      dependencies: [
        "Cloakroom", "CloakroomCommand", "CloakroomMethods", "CloakroomObservability", "Support",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tests/Documentation", swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests",
      dependencies: ["Support", "CloakroomCommand"], path: "Tests/EndToEnd",
      swiftSettings: strict),
  ]
)
