/// Spans in words: relative where one glances. Milliseconds, and milliseconds since 1970.
public enum Times {
    /// "12 min", the two largest units at most.
    public static func span(_ millis: Int64, _ language: Language) -> String {
        let minutes = max(0, millis) / 60_000
        let hours = minutes / 60
        let days = hours / 24
        let zh = language == .zh
        switch (days, hours, minutes) {
        case (0, 0, 0): return zh ? "不到 1 分钟" : "under 1 min"
        case (0, 0, _): return zh ? "\(minutes) 分钟" : "\(minutes) min"
        case (0, _, _) where minutes % 60 == 0: return zh ? "\(hours) 小时" : "\(hours) h"
        case (0, _, _): return zh ? "\(hours) 小时 \(minutes % 60) 分钟" : "\(hours) h \(minutes % 60) min"
        case _ where hours % 24 == 0: return zh ? "\(days) 天" : "\(days) d"
        default: return zh ? "\(days) 天 \(hours % 24) 小时" : "\(days) d \(hours % 24) h"
        }
    }

    /// "12 min ago".
    public static func ago(_ at: Int64, now: Int64, _ language: Language) -> String {
        if now - at < 60_000 { return language == .zh ? "刚刚" : "just now" }
        return language == .zh ? "\(span(now - at, .zh))前" : "\(span(now - at, .en)) ago"
    }
}
