import Foundation
import RoundsStage
import Testing

@testable import RoundsCore

/// A platform's key store in memory, as Apple's Keychain is on a phone. It can be wiped or locked.
final class VaultDouble: PinVault, @unchecked Sendable {
    private let lock = NSLock()
    private var key: [UInt8]?
    private var isLocked = false

    /// What a phone set up anew has.
    func wipe() { lock.withLock { key = nil } }

    func refuse(_ refuses: Bool) { lock.withLock { isLocked = refuses } }

    func hasKey() throws -> Bool { try answer { key != nil } }

    func makeKey() throws { try answer { if key == nil { key = (0..<32).map { $0 &* 7 } } } }

    /// Linux has no HMAC of Apple's: any function of key and bytes will do for a double.
    func mac(bytes: Data) throws -> Data {
        try answer {
            guard let key else { throw PinVaultError.Failed(reason: "there is no key") }
            return Data(
                (0..<32).map { place in
                    (key + bytes).reduce(UInt8(place)) { ($0 &* 31) ^ $1 &+ UInt8(place) }
                })
        }
    }

    private func answer<Answer>(_ call: () throws -> Answer) throws -> Answer {
        try lock.withLock {
            if isLocked { throw PinVaultError.Failed(reason: "the vault is locked") }
            return try call()
        }
    }
}

/// Two people, one phone, no network, and a key for PINs that the platform keeps.
@Suite(.timeLimit(.minutes(3)), .serialized)
struct GateTests {
    /// Why somebody is not let in.
    private func refusal(of phone: Phone, _ code: String, _ pin: String) async -> PhoneError? {
        do {
            try await phone.session.signIn(code: code, pin: pin)
            return nil
        } catch {
            return error as? PhoneError
        }
    }

    @Test func aSupervisorAdmitsSomebodyWithoutANetworkAndHisPinIsCheckedWithThePlatformsKey() async throws {
        let stage = try Stage()
        defer { stage.strike() }
        let vault = VaultDouble()
        let phone = try await Phone.open(stage.phone("shared"), pins: vault)
        try await phone.session.enrol(stage.invitation(), name: "the shift's phone")
        let (her, him) = try (stage.player("supervisor"), stage.player("technician"))
        try await phone.session.signIn(code: her.code, pin: her.pin)
        try await phone.syncToTheEnd()
        try stage.down()

        #expect(try await phone.session.gate(of: him.code).state == .new)
        await #expect(throws: PhoneError.self) { _ = try await phone.session.admit(him.code) }
        let admitted = try await phone.session.admit(him.code, pin: "864209")
        #expect(admitted.state == .open)
        #expect(admitted.admittedHere)
        #expect(try await phone.session.gate().map(\.person.code) == [her.code, him.code].sorted())
        #expect(try await phone.session.signIn(code: him.code, pin: "864209").name == him.name)
        _ = try await phone.orders.raise(
            OrderDraft(title: "Seal leaks", asset: stage.asset, assignees: [him.code]))
        guard case .WrongPin = await refusal(of: phone, him.code, "0000") else {
            Issue.record("a wrong PIN is one")
            return
        }
        #expect(!FileManager.default.fileExists(atPath: stage.phone("shared") + "/keys/pin-key"))

        // A vault that refuses and one that was wiped: never a wrong PIN, and nothing is lost.
        vault.refuse(true)
        guard case .Failed(_, let reason) = await refusal(of: phone, him.code, "864209") else {
            Issue.record("a vault that refuses is no wrong PIN")
            return
        }
        #expect(reason.contains("the vault is locked"))
        vault.refuse(false)
        vault.wipe()
        guard case .NeedsConnection = await refusal(of: phone, him.code, "864209") else {
            Issue.record("a wiped vault asks for the server")
            return
        }
        #expect(try await phone.session.gate(of: him.code).state == .needsPin)

        try stage.up()
        try await phone.session.signIn(code: him.code, pin: him.pin)
        try await phone.syncToTheEnd()
        #expect(try await phone.syncCentre.queue().isEmpty)
        #expect(try await !phone.session.gate(of: him.code).admittedHere)
    }
}
