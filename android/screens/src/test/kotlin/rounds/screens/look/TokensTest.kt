package rounds.screens.look

import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.toArgb
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.float
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File
import kotlin.math.pow

/** The colours and sizes here are those of `design/tokens.json`, and legible. */
class TokensTest {
    private val tokens = Json.parseToJsonElement(File("../../design/tokens.json").readText()).jsonObject

    private val Palette.byName: Map<String, Color>
        get() = mapOf(
            "paper" to paper, "card" to card, "line" to line, "ink" to ink, "muted" to muted, "accent" to accent,
            "on-accent" to onAccent, "ok" to ok, "late" to late, "hold" to hold, "pending" to pending,
            "review" to review, "unknown" to unknown,
        )

    @Test
    fun `every colour of the token file is here, with its value, and no other`() {
        for ((theme, palette) in listOf("light" to Light, "dark" to Dark)) {
            val written = tokens.section("color").mapValues { it.value.jsonObject.text(theme) }
            val here = palette.byName.mapValues { "#%06X".format(it.value.toArgb() and 0xFFFFFF) }
            assertEquals(written, here, theme)
            val tint = tokens.section("tint")
            assertEquals(tint.section("ground").number(theme), palette.tintGround, "$theme ground")
            assertEquals(tint.section("ink").number(theme), palette.tintInk, "$theme ink")
        }
    }

    @Test
    fun `sizes of type, space and touch are those of the token file`() {
        val steps = mapOf(
            "small" to Type.small, "body" to Type.body, "lead" to Type.lead, "title" to Type.title, "figure" to Type.figure,
        )
        assertEquals(tokens.section("type").section("size").mapValues { it.value.jsonPrimitive.float }, steps.mapValues { it.value.size.value })
        assertEquals(tokens.section("type").section("line").mapValues { it.value.jsonPrimitive.float }, steps.mapValues { it.value.line.value })
        val space = tokens.section("space")
        val spaces = mapOf("1" to Space.s1, "2" to Space.s2, "3" to Space.s3, "4" to Space.s4, "6" to Space.s6)
        for ((name, value) in spaces) assertEquals(space.number(name), value.value, "space $name")
        assertEquals(tokens.section("radius").number("card"), Space.card.value)
        assertEquals(tokens.section("radius").number("control"), Space.control.value)
        assertEquals(tokens.section("touch").number("phone"), Space.touch.value)
    }

    @Test
    fun `text reaches the least contrast on card and paper`() {
        val least = tokens.section("contrast").number("least")
        for (palette in listOf(Light, Dark)) {
            for ((name, colour) in palette.byName - listOf("paper", "card", "line", "on-accent")) {
                for (ground in listOf(palette.card, palette.paper)) {
                    assertTrue(contrast(colour, ground) >= least, "$name on $ground: ${contrast(colour, ground)}")
                }
            }
            assertTrue(contrast(palette.onAccent, palette.accent) >= least, "on accent")
        }
    }

    /** WCAG 2.2, contrast ratio. */
    private fun contrast(one: Color, other: Color): Double {
        val (dark, bright) = listOf(luminance(one), luminance(other)).sorted()
        return (bright + 0.05) / (dark + 0.05)
    }

    private fun luminance(colour: Color): Double {
        fun linear(part: Float) = if (part <= 0.04045f) part / 12.92 else ((part + 0.055) / 1.055).pow(2.4)
        return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue)
    }

    private fun JsonObject.section(name: String) = getValue(name).jsonObject
    private fun JsonObject.text(name: String) = getValue(name).jsonPrimitive.content
    private fun JsonObject.number(name: String) = getValue(name).jsonPrimitive.float
}
