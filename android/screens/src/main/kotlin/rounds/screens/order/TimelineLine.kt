package rounds.screens.order

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.unit.dp
import rounds.screens.look.Drawing
import rounds.screens.look.Icon
import rounds.screens.look.Line
import rounds.screens.look.LocalPalette
import rounds.screens.look.Space
import rounds.screens.look.Tone
import rounds.screens.look.Type
import rounds.screens.look.of
import rounds.screens.words.Language
import rounds.screens.words.LocalLanguage
import rounds.screens.words.Times
import java.time.ZoneId

/** One line: who did what, how long ago; a touch shows the time itself. The three times only where they differ. */
@Composable
internal fun TimelineLine(entry: TimelineEntry, now: Long, zone: ZoneId = ZoneId.systemDefault()) {
    val palette = LocalPalette.current
    val language = LocalLanguage.current
    var absolute by remember { mutableStateOf(false) }
    val (tone, icon) = when {
        entry.held -> Tone.Review to Icon.Eye
        entry.received == null -> Tone.Pending to Icon.Circle
        else -> Tone.Ok to Icon.Check
    }
    val time = if (absolute) Times.absolute(entry.at, zone, language) else Times.ago(entry.at, now, language)
    Row(
        Modifier
            .fillMaxWidth()
            .heightIn(min = Space.touch)
            .clickable { absolute = !absolute }
            .testTag("entry ${entry.id}")
            .padding(vertical = Space.s1),
        horizontalArrangement = Arrangement.spacedBy(Space.s3),
    ) {
        Drawing(icon, palette.of(tone), modifier = Modifier.padding(top = 3.dp))
        Column(Modifier.weight(1f)) {
            Line(entry.what.said(entry.who.here, language), lines = 2)
            entry.remark?.let { Line(it, color = palette.muted, lines = 3) }
            val details = details(entry, time, zone, language)
            Line(details.joinToString(" · "), Type.small, color = palette.muted)
            if (entry.held) Line(OrderWords.held.here, Type.small, color = palette.review, strong = true)
        }
    }
}

/** Beside the time: what the phone's clock said and when the server heard, if they differ, and the device. */
private fun details(entry: TimelineEntry, time: String, zone: ZoneId, language: Language): List<String> = buildList {
    val zh = language == Language.Zh
    add(time)
    entry.wall?.takeIf { differs(it, entry.at) }?.let {
        add(if (zh) "手机时钟 ${Times.clock(it, zone)}" else "phone clock said ${Times.clock(it, zone)}")
    }
    when (val received = entry.received) {
        null -> add(OrderWords.notReceived.of(language))
        else -> if (differs(received, entry.at)) {
            add(if (zh) "${Times.clock(received, zone)} 收到" else "received ${Times.clock(received, zone)}")
        }
    }
    add(if (zh) "手机 ${entry.device}" else "phone ${entry.device}")
}

/** Times are shown to the minute; what differs by less looks the same. */
private fun differs(one: Long, other: Long): Boolean = kotlin.math.abs(one - other) >= 60_000
