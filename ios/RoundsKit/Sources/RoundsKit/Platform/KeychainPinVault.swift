#if canImport(CryptoKit) && canImport(Security)
import CryptoKit
import Foundation
import RoundsCore
import Security

/// The key for PINs in the Keychain.
///
/// The Secure Enclave holds P-256 keys only: it signs and agrees on keys, and makes no HMAC. So this is a random key that
/// the Keychain keeps for this device alone (no backup, no iCloud, no restore onto another phone) and hands to this app
/// once the phone was unlocked after its start; it is in memory while one PIN is checked.
public final class KeychainPinVault: PinVault {
    private let service: String

    /// `service` tells this app's key from others'.
    public init(service: String = "rounds.pin-key") { self.service = service }

    public func hasKey() throws -> Bool { try read() != nil }

    public func makeKey() throws {
        var bytes = Data(count: 32)
        let drawn = bytes.withUnsafeMutableBytes { SecRandomCopyBytes(kSecRandomDefault, 32, $0.baseAddress!) }
        guard drawn == errSecSuccess else { throw failed("drawing a key", drawn) }
        var entry = place
        entry[kSecValueData] = bytes
        entry[kSecAttrAccessible] = kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
        let added = SecItemAdd(entry as CFDictionary, nil)
        // The one that is there stays.
        guard added == errSecSuccess || added == errSecDuplicateItem else { throw failed("keeping the key", added) }
    }

    public func mac(bytes: Data) throws -> Data {
        guard let key = try read() else { throw PinVaultError.Failed(reason: "the key for PINs is gone") }
        return Data(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: key)))
    }

    private var place: [CFString: Any] {
        [
            kSecClass: kSecClassGenericPassword,
            kSecAttrService: service,
            kSecAttrAccount: "pin",
            kSecAttrSynchronizable: false,
            kSecUseDataProtectionKeychain: true,
        ]
    }

    private func read() throws -> Data? {
        var query = place
        query[kSecReturnData] = true
        query[kSecMatchLimit] = kSecMatchLimitOne
        var found: CFTypeRef?
        let status = SecItemCopyMatching(query as CFDictionary, &found)
        if status == errSecItemNotFound { return nil }
        guard status == errSecSuccess, let key = found as? Data else { throw failed("reading the key", status) }
        return key
    }

    private func failed(_ doing: String, _ status: OSStatus) -> PinVaultError {
        let said = SecCopyErrorMessageString(status, nil) as String? ?? "status \(status)"
        return .Failed(reason: "\(doing): \(said)")
    }
}
#endif
