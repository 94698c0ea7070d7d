package rounds.screens.look

import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.ProvidableCompositionLocal
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.text.style.TextOverflow
import rounds.screens.words.Language
import rounds.screens.words.LocalLanguage

/** The palette that stands here. */
val LocalPalette: ProvidableCompositionLocal<Palette> = staticCompositionLocalOf { Light }

/** Reads a picture's file, or says null when it cannot. Android gives its decoder, a test another. */
val LocalPictures: ProvidableCompositionLocal<(path: String) -> ImageBitmap?> =
    staticCompositionLocalOf { error("LocalPictures is not provided: wrap the screen in Look") }

/** The look of every screen: tokens, language and how pictures are read. */
@Composable
fun Look(
    language: Language,
    pictures: (path: String) -> ImageBitmap?,
    dark: Boolean = isSystemInDarkTheme(),
    content: @Composable () -> Unit,
) {
    val palette = if (dark) Dark else Light
    val base = if (dark) darkColorScheme() else lightColorScheme()
    MaterialTheme(
        colorScheme = base.copy(
            primary = palette.accent, onPrimary = palette.onAccent,
            background = palette.paper, onBackground = palette.ink,
            surface = palette.card, onSurface = palette.ink, onSurfaceVariant = palette.muted,
            outline = palette.line, error = palette.late,
        ),
    ) {
        CompositionLocalProvider(
            LocalPalette provides palette,
            LocalLanguage provides language,
            LocalPictures provides pictures,
            content = content,
        )
    }
}

/** Text in a step of the scale. Digits have equal widths, so that numbers stand still when they change. */
@Composable
fun Line(
    text: String,
    step: Type.Step = Type.body,
    color: Color = LocalPalette.current.ink,
    strong: Boolean = false,
    lines: Int = Int.MAX_VALUE,
    align: TextAlign? = null,
    modifier: Modifier = Modifier,
) {
    Text(
        text,
        modifier = modifier,
        color = color,
        maxLines = lines,
        overflow = TextOverflow.Ellipsis,
        textAlign = align,
        style = TextStyle(
            fontSize = step.size,
            lineHeight = step.line,
            fontWeight = if (strong) FontWeight.SemiBold else FontWeight.Normal,
            fontFeatureSettings = "tnum",
        ),
    )
}
