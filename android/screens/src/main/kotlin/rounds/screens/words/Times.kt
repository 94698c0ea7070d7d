package rounds.screens.words

import java.time.Instant
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.util.Locale
import kotlin.math.max

/** Times and spans in words: relative where one glances, absolute where one looks. Milliseconds since 1970. */
object Times {
    /** "12 min", the two largest units at most. */
    fun span(millis: Long, language: Language): String {
        val minutes = max(0, millis) / 60_000
        val hours = minutes / 60
        val days = hours / 24
        val zh = language == Language.Zh
        return when {
            minutes < 1 -> if (zh) "不到 1 分钟" else "under 1 min"
            hours < 1 -> if (zh) "$minutes 分钟" else "$minutes min"
            days < 1 && minutes % 60 == 0L -> if (zh) "$hours 小时" else "$hours h"
            days < 1 -> if (zh) "$hours 小时 ${minutes % 60} 分钟" else "$hours h ${minutes % 60} min"
            hours % 24 == 0L -> if (zh) "$days 天" else "$days d"
            else -> if (zh) "$days 天 ${hours % 24} 小时" else "$days d ${hours % 24} h"
        }
    }

    /** "12 min ago". */
    fun ago(at: Long, now: Long, language: Language): String = when {
        now - at < 60_000 -> if (language == Language.Zh) "刚刚" else "just now"
        language == Language.Zh -> "${span(now - at, language)}前"
        else -> "${span(now - at, language)} ago"
    }

    /** "11月21日 10:05". */
    fun absolute(at: Long, zone: ZoneId, language: Language): String {
        val pattern = if (language == Language.Zh) "M月d日 HH:mm" else "d MMM HH:mm"
        return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(Instant.ofEpochMilli(at).atZone(zone))
    }

    /** "10:05". */
    fun clock(at: Long, zone: ZoneId): String =
        DateTimeFormatter.ofPattern("HH:mm", Locale.ENGLISH).format(Instant.ofEpochMilli(at).atZone(zone))
}
