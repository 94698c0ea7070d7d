package rounds.screens.look

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.lerp

/** What a colour means; the same as on the console. */
enum class Tone {
    /** Nothing to say by colour. */
    Quiet,

    /** Somebody is at it. */
    Work,

    /** Done, received, safe. */
    Ok,

    /** Overdue or sent back. */
    Late,

    /** On hold. */
    Hold,

    /** Waiting to be sent; not an error. */
    Pending,

    /** Waits for a person. */
    Review,

    /** Not heard from. */
    Unknown,
}

/** The colour of a tone. */
fun Palette.of(tone: Tone): Color = when (tone) {
    Tone.Quiet -> muted
    Tone.Work -> accent
    Tone.Ok -> ok
    Tone.Late -> late
    Tone.Hold -> hold
    Tone.Pending -> pending
    Tone.Review -> review
    Tone.Unknown -> unknown
}

/** Icon, word and tint: never colour alone. */
@Composable
fun Chip(tone: Tone, icon: Icon, word: String, modifier: Modifier = Modifier) {
    val palette = LocalPalette.current
    val colour = palette.of(tone)
    val inked = lerp(colour, palette.ink, palette.tintInk)
    Row(
        modifier
            .background(lerp(palette.card, colour, palette.tintGround), RoundedCornerShape(percent = 50))
            .padding(horizontal = Space.s3, vertical = Space.s1),
        horizontalArrangement = Arrangement.spacedBy(Space.s2),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Drawing(icon, inked)
        Line(word, Type.small, color = inked, strong = true, lines = 1)
    }
}
