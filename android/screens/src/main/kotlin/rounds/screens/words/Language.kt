package rounds.screens.words

import androidx.compose.runtime.Composable
import androidx.compose.runtime.Immutable
import androidx.compose.runtime.ProvidableCompositionLocal
import androidx.compose.runtime.ReadOnlyComposable
import androidx.compose.runtime.staticCompositionLocalOf

/** The two languages of every screen. */
enum class Language { Zh, En }

/** The language that stands here. */
val LocalLanguage: ProvidableCompositionLocal<Language> = staticCompositionLocalOf { Language.Zh }

/** The same said in both languages: a name from the core, or a word of a screen. */
@Immutable
data class Name(val zh: String, val en: String) {
    /** In one language; where it has no words in that one, in the other. */
    fun of(language: Language): String = when (language) {
        Language.Zh -> zh.ifEmpty { en }
        Language.En -> en.ifEmpty { zh }
    }

    /** In the language of the screen. */
    val here: String
        @Composable @ReadOnlyComposable
        get() = of(LocalLanguage.current)
}
