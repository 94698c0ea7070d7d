package rounds.screens.look

import androidx.compose.ui.graphics.Color
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.TextUnit
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.sp

/** The colours of one theme, by the names of `design/tokens.json`; a test holds both equal. */
data class Palette(
    val paper: Color,
    val card: Color,
    val line: Color,
    val ink: Color,
    val muted: Color,
    val accent: Color,
    val onAccent: Color,
    val ok: Color,
    val late: Color,
    val hold: Color,
    val pending: Color,
    val review: Color,
    val unknown: Color,
    /** How much of its state's colour a chip's ground takes into the card, and how much ink its word takes. */
    val tintGround: Float,
    val tintInk: Float,
)

val Light: Palette = Palette(
    paper = Color(0xFFF7F7F4), card = Color(0xFFFFFFFF), line = Color(0xFFD9DCD6),
    ink = Color(0xFF1B1F23), muted = Color(0xFF5A6470),
    accent = Color(0xFF0B5FA5), onAccent = Color(0xFFFFFFFF),
    ok = Color(0xFF1F7A4D), late = Color(0xFFB3261E), hold = Color(0xFF8A5A00),
    pending = Color(0xFFA4510B), review = Color(0xFF00696E), unknown = Color(0xFF5B4B8A),
    tintGround = 0.09f, tintInk = 0.30f,
)

val Dark: Palette = Palette(
    paper = Color(0xFF101417), card = Color(0xFF182026), line = Color(0xFF2C363E),
    ink = Color(0xFFE8ECEF), muted = Color(0xFFA3AFBA),
    accent = Color(0xFF7CC0FF), onAccent = Color(0xFF06243D),
    ok = Color(0xFF74D3A0), late = Color(0xFFFF9B92), hold = Color(0xFFF0BE5A),
    pending = Color(0xFFFFB27A), review = Color(0xFF6FD6DB), unknown = Color(0xFFC3B3F5),
    tintGround = 0.15f, tintInk = 0.25f,
)

/** Sizes of type with the height of their lines. */
object Type {
    val small: Step = Step(13.sp, 18.sp)
    val body: Step = Step(15.sp, 22.sp)
    val lead: Step = Step(17.sp, 24.sp)
    val title: Step = Step(22.sp, 28.sp)
    val figure: Step = Step(28.sp, 32.sp)

    data class Step(val size: TextUnit, val line: TextUnit)
}

/** Steps of four. */
object Space {
    val s1: Dp = 4.dp
    val s2: Dp = 8.dp
    val s3: Dp = 12.dp
    val s4: Dp = 16.dp
    val s6: Dp = 24.dp
    val card: Dp = 12.dp
    val control: Dp = 8.dp
    /** The least side of anything that is touched. */
    val touch: Dp = 48.dp
}
