/// The two languages of every screen.
public enum Language: String, CaseIterable, Sendable { case zh, en }

/// The same said in both languages: a name from the core, or a word of a screen.
public struct Name: Hashable, Sendable {
    public let zh: String
    public let en: String

    public init(_ zh: String, _ en: String) {
        self.zh = zh
        self.en = en
    }

    /// In one language; where it has no words in that one, in the other.
    public func of(_ language: Language) -> String {
        switch language {
        case .zh: zh.isEmpty ? en : zh
        case .en: en.isEmpty ? zh : en
        }
    }
}
