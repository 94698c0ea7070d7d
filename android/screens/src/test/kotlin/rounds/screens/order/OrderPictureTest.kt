package rounds.screens.order

import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.unit.Density
import androidx.compose.ui.use
import org.jetbrains.skia.EncodedImageFormat
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.CsvSource
import rounds.screens.look.Look
import rounds.screens.words.Language
import java.io.File
import javax.imageio.ImageIO

/** The order page photographed, as a phone of 360 × 780 dp at double density shows it: target/screens. */
class OrderPictureTest {
    @ParameterizedTest
    @CsvSource("Zh, false, whole", "En, true, whole", "En, false, missing-after", "Zh, false, loading")
    fun `the page is drawn`(language: Language, dark: Boolean, what: String) {
        val state = when (what) {
            "whole" -> OrderScreenState.Shown(Samples.order())
            "missing-after" -> OrderScreenState.Shown(Samples.order(after = Photo.NotTaken, next = NextThing.TakeAfter))
            else -> OrderScreenState.Loading
        }
        val file = File(
            System.getProperty("rounds.target"),
            "screens/order-$what-${language.name.lowercase()}-${if (dark) "dark" else "light"}.png",
        )
        file.parentFile.mkdirs()
        ImageComposeScene(720, 1560, Density(2f)) {
            Look(language, Samples::read, dark) { OrderScreen(HandFed(state)) }
        }.use { scene -> file.writeBytes(scene.render().encodeToData(EncodedImageFormat.PNG)!!.bytes) }
        // A page that failed to draw is one flat colour.
        val drawn = ImageIO.read(file)
        val colours = buildSet { for (y in 0 until drawn.height step 4) for (x in 0 until drawn.width step 4) add(drawn.getRGB(x, y)) }
        assertTrue(colours.size > if (what == "loading") 1 else 200, "${colours.size} colours")
    }
}
