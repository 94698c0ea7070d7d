/// The colours of one theme as 0xRRGGBB, by the names of `design/tokens.json`; a test holds both equal.
public struct Palette: Sendable {
    public let paper, card, line, ink, muted, accent, onAccent, ok, late, hold, pending, review, unknown: UInt32

    public static let light = Palette(
        paper: 0xF7F7F4, card: 0xFFFFFF, line: 0xD9DCD6, ink: 0x1B1F23, muted: 0x5A6470,
        accent: 0x0B5FA5, onAccent: 0xFFFFFF, ok: 0x1F7A4D, late: 0xB3261E, hold: 0x8A5A00,
        pending: 0xA4510B, review: 0x00696E, unknown: 0x5B4B8A
    )

    public static let dark = Palette(
        paper: 0x101417, card: 0x182026, line: 0x2C363E, ink: 0xE8ECEF, muted: 0xA3AFBA,
        accent: 0x7CC0FF, onAccent: 0x06243D, ok: 0x74D3A0, late: 0xFF9B92, hold: 0xF0BE5A,
        pending: 0xFFB27A, review: 0x6FD6DB, unknown: 0xC3B3F5
    )

    /// The colour of a tone.
    public func of(_ tone: Tone) -> UInt32 {
        switch tone {
        case .quiet: muted
        case .work: accent
        case .ok: ok
        case .late: late
        case .hold: hold
        case .pending: pending
        case .review: review
        case .unknown: unknown
        }
    }
}

/// What a colour means; the same as on the console.
public enum Tone: Sendable, CaseIterable {
    /// Nothing to say by colour.
    case quiet
    /// Somebody is at it.
    case work
    /// Done, received, safe.
    case ok
    /// Overdue or sent back.
    case late
    /// On hold.
    case hold
    /// Waiting to be sent; not an error.
    case pending
    /// Waits for a person.
    case review
    /// Not heard from.
    case unknown
}
