package rounds.screens.order

import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.toComposeImageBitmap
import kotlinx.coroutines.flow.MutableStateFlow
import org.jetbrains.skia.Image
import rounds.screens.words.Name
import java.awt.Color
import java.awt.Font
import java.awt.GradientPaint
import java.awt.RenderingHints
import java.awt.image.BufferedImage
import java.io.File
import javax.imageio.ImageIO

/** 21 November 2026, 10:05 in UTC. */
internal const val TEN_OH_FIVE = 1_795_255_500_000L
internal const val MINUTE = 60_000L

/** The view model of a test: a state set by hand, and what was asked for. */
internal class HandFed(state: OrderScreenState) : OrderViewModel {
    override val screen = MutableStateFlow(state)
    val asked = mutableListOf<String>()
    override fun doNext(thing: NextThing) { asked += thing.name }
    override fun openSyncCentre() { asked += "sync centre" }
    override fun tryAgain() { asked += "again" }
}

internal object Samples {
    private val qiang = Name("王强", "Wang Qiang")
    private val min = Name("陈敏", "Chen Min")
    private const val NOW = TEN_OH_FIVE + 96 * MINUTE

    fun order(
        after: Photo = Photo.Here(photo("after"), qiang, NOW - 12 * MINUTE, stored = false),
        title: Name = Name("二号冷却水泵机封漏水", "Cooling water pump 2: seal leaks"),
        next: NextThing? = NextThing.Complete,
    ) = OrderPage(
        number = "K7-0042",
        title = title,
        asset = Name("P-102 冷却水泵", "P-102 Cooling water pump"),
        place = Name("B 座地下二层 水泵房", "Building B, level −2, pump room"),
        state = OrderState.InProgress,
        evidence = listOf(
            EvidencePair(
                Name("机封", "Mechanical seal"),
                Photo.Here(photo("before"), qiang, NOW - 71 * MINUTE, stored = true),
                after,
            ),
        ),
        timeline = listOf(
            TimelineEntry("e5", Deed.TookPhoto, qiang, NOW - 12 * MINUTE, null, null, "K7"),
            TimelineEntry("e4", Deed.Commented, qiang, NOW - 30 * MINUTE, null, null, "K7", remark = "换新机封，型号 109-35，旧件已交库。"),
            TimelineEntry("e3", Deed.TookPhoto, qiang, NOW - 71 * MINUTE, null, NOW - 70 * MINUTE, "K7"),
            TimelineEntry("e2", Deed.Started, qiang, NOW - 75 * MINUTE, wall = NOW - 15 * MINUTE, received = NOW - 70 * MINUTE, device = "K7"),
            TimelineEntry("e1", Deed.Assigned, min, NOW - 96 * MINUTE, null, NOW - 96 * MINUTE, "S1"),
        ),
        next = next,
        sync = SyncState.Waiting(7, NOW - 30 * MINUTE),
        now = NOW,
    )

    /** Reads a picture as Android would, through the platform's decoder. */
    fun read(path: String): ImageBitmap? =
        File(path).takeIf(File::isFile)?.let { decode(it.readBytes()) }

    fun decode(bytes: ByteArray): ImageBitmap = Image.makeFromEncoded(bytes).toComposeImageBitmap()

    /** A drawn pump, dripping before and dry after, as a JPEG on disk. */
    private fun photo(side: String): String {
        val file = File(System.getProperty("rounds.target"), "screens/photo-$side.jpg")
        file.parentFile.mkdirs()
        val image = BufferedImage(1200, 900, BufferedImage.TYPE_INT_RGB)
        with(image.createGraphics()) {
            setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON)
            paint = GradientPaint(0f, 0f, Color(0x8A9299), 0f, 900f, Color(0x4B5157))
            fillRect(0, 0, 1200, 900)
            color = Color(0x3A3F44); fillRect(0, 700, 1200, 200)
            color = Color(if (side == "before") 0x2E6B8A else 0x3580A6); fillRoundRect(180, 330, 480, 320, 60, 60)
            color = Color(0x245468); for (x in 220..600 step 40) fillRect(x, 360, 14, 260)
            color = Color(0x777D82); fillRect(660, 450, 130, 80)
            color = Color(0x3E7F5A); fillOval(770, 320, 320, 320)
            color = Color(0x2F6447); fillOval(860, 410, 140, 140)
            color = Color(0x3E7F5A); fillRect(880, 150, 100, 200)
            color = Color(0x555B60); fillRect(150, 640, 960, 60)
            if (side == "before") {
                color = Color(0x6FA8D8)
                fillOval(600, 740, 330, 70)
                for (drop in 0 until 6) fillOval(715 + drop % 2 * 22, 530 + drop * 36, 18, 30)
            } else {
                color = Color(0xD9B44A); fillRect(690, 440, 60, 100)
            }
            color = Color.WHITE; font = Font(Font.SANS_SERIF, Font.BOLD, 56); drawString("P-102", 300, 510)
            dispose()
        }
        ImageIO.write(image, "jpg", file)
        return file.path
    }
}
