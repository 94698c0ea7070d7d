import Foundation

/// A real server with a small site, in a folder of its own: the program `stage` beside the library
/// (bindings/ffi/examples/stage).
public final class Stage {
    /// Somebody who can sign in on a phone.
    public struct Player: Decodable, Sendable {
        public let code, name, pin: String
    }

    private struct Said: Decodable {
        let asset, tag: String
        let invitations: [String]
        let people: [String: Player]
        let pictures: [String: String]
    }

    public struct Ended: Error {}

    public let folder: URL
    private let process = Process()
    private let orders = Pipe()
    private let answers = Pipe()
    private var unread = Data()
    private var said: Said
    private var used = 0

    public init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "rounds-stage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let release = ProcessInfo.processInfo.environment["ROUNDS_RELEASE"] ?? "target/release"
        process.executableURL = URL(filePath: "\(release)/examples/stage")
        process.arguments = [folder.appending(path: "site").path]
        process.standardInput = orders
        process.standardOutput = answers
        said = Said(asset: "", tag: "", invitations: [], people: [:], pictures: [:])
        try process.run()
        said = try JSONDecoder().decode(Said.self, from: answer())
    }

    /// Code of the one pump.
    public var asset: String { said.asset }

    /// What a camera reads from the pump's tag.
    public var tag: String { said.tag }

    /// Picture files: `tag`, `before`, `after`.
    public func picture(_ name: String) -> String { said.pictures[name] ?? "" }

    /// Who has this role.
    public func player(_ role: String) throws -> Player {
        guard let player = said.people[role] else { throw Ended() }
        return player
    }

    /// An enrolment code that nobody has used.
    public func invitation() -> String {
        defer { used += 1 }
        return said.invitations[used]
    }

    /// A folder for a phone.
    public func phone(_ name: String) -> String { folder.appending(path: name).path }

    /// Pulls the server's plug.
    public func down() throws { _ = try tell("down") }

    /// Starts the server again at the same address.
    public func up() throws { _ = try tell("up") }

    /// What a separate reader finds amiss in the stores of the server and of the phones in these folders.
    public func problems(_ phones: String...) throws -> [String] {
        struct Found: Decodable { let problems: [String] }
        return try JSONDecoder().decode(Found.self, from: tell("doctor " + phones.joined(separator: " "))).problems
    }

    /// Ends the server and takes its folder away.
    public func strike() {
        try? orders.fileHandleForWriting.close()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    private func tell(_ order: String) throws -> Data {
        try orders.fileHandleForWriting.write(contentsOf: Data((order + "\n").utf8))
        return try answer()
    }

    /// One line of the stage's.
    private func answer() throws -> Data {
        while true {
            if let end = unread.firstIndex(of: 10) {
                let line = Data(unread[unread.startIndex..<end])
                unread = Data(unread[(end + 1)...])
                return line
            }
            let more = answers.fileHandleForReading.availableData
            if more.isEmpty { throw Ended() }
            unread.append(more)
        }
    }
}
