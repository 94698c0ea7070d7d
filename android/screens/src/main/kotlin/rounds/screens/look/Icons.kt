package rounds.screens.look

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.layout.size
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import androidx.compose.ui.Modifier
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.StrokeJoin
import androidx.compose.ui.graphics.drawscope.Stroke
import androidx.compose.ui.graphics.drawscope.scale
import androidx.compose.ui.graphics.vector.PathParser
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp

/**
 * The drawings of the screens, one meaning each: outlines on a 24 × 24 field, the console's own
 * (Lucide, ISC; the licence lies in `server/assets/icons`). A word always stands beside them.
 */
enum class Icon(internal vararg val outlines: String) {
    Accepted("M18 6 7 17l-5-5", "m22 10-7.5 7.5L13 16"),
    Asset(
        "M21 8a2 2 0 0 0-1-1.73l-7-4a2 2 0 0 0-2 0l-7 4A2 2 0 0 0 3 8v8a2 2 0 0 0 1 1.73l7 4a2 2 0 0 0 2 0l7-4A2 2 0 0 0 21 16Z",
        "m3.3 7 8.7 5 8.7-5", "M12 22V12",
    ),
    Camera(
        "M13.997 4a2 2 0 0 1 1.76 1.05l.486.9A2 2 0 0 0 18.003 7H20a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V9" +
            "a2 2 0 0 1 2-2h1.997a2 2 0 0 0 1.759-1.048l.489-.904A2 2 0 0 1 10.004 4z",
        circle(12, 13, 3),
    ),
    Check("M20 6 9 17l-5-5"),
    Circle(circle(12, 12, 10)),
    Clock(circle(12, 12, 10), "M12 6v6l4 2"),
    Cross("M18 6 6 18", "m6 6 12 12"),
    Eye(
        "M2.062 12.348a1 1 0 0 1 0-.696 10.75 10.75 0 0 1 19.876 0 1 1 0 0 1 0 .696 10.75 10.75 0 0 1-19.876 0",
        circle(12, 12, 3),
    ),
    NoPicture(
        "M2 2 22 22", "M10.41 10.41a2 2 0 1 1-2.83-2.83", "M13.5 13.5 6 21", "M18 12 21 15",
        "M3.59 3.59A1.99 1.99 0 0 0 3 5v14a2 2 0 0 0 2 2h14c.55 0 1.052-.22 1.41-.59",
        "M21 15V5a2 2 0 0 0-2-2H9",
    ),
    Pause("M15 3h3a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z", "M6 3h3a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z"),
    Person("M19 21v-2a4 4 0 0 0-4-4H9a4 4 0 0 0-4 4v2", circle(12, 7, 4)),
    Phone("M7 2h10a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2z", "M12 18h.01"),
    Place(
        "M20 10c0 4.993-5.539 10.193-7.399 11.799a1 1 0 0 1-1.202 0C9.539 20.193 4 14.993 4 10a8 8 0 0 1 16 0",
        circle(12, 10, 3),
    ),
    Question(circle(12, 12, 10), "M9.09 9a3 3 0 0 1 5.83 1c0 2-3 3-3 3", "M12 17h.01"),
    Return("M9 14 4 9l5-5", "M4 9h10.5a5.5 5.5 0 0 1 5.5 5.5a5.5 5.5 0 0 1-5.5 5.5H11"),
    Travel(
        "M14 18V6a2 2 0 0 0-2-2H4a2 2 0 0 0-2 2v11a1 1 0 0 0 1 1h2", "M15 18H9",
        "M19 18h2a1 1 0 0 0 1-1v-3.65a1 1 0 0 0-.22-.624l-3.48-4.35A1 1 0 0 0 17.52 8H14",
        circle(17, 18, 2), circle(7, 18, 2),
    ),
    Void(circle(12, 12, 10), "M4.929 4.929 19.07 19.071"),
    Wrench(
        "M14.7 6.3a1 1 0 0 0 0 1.4l1.6 1.6a1 1 0 0 0 1.4 0l3.106-3.105c.32-.322.863-.22.983.218a6 6 0 0 1-8.259 7.057" +
            "l-7.91 7.91a1 1 0 0 1-2.999-3l7.91-7.91a6 6 0 0 1 7.057-8.259c.438.12.54.662.219.984z",
    ),
}

/** A circle as path data. */
private fun circle(x: Int, y: Int, radius: Int): String =
    "M${x - radius} ${y}a$radius $radius 0 1 0 ${radius * 2} 0a$radius $radius 0 1 0 ${-radius * 2} 0"

/** Draws the icon; screen readers pass over it, because the word beside it speaks. */
@Composable
fun Drawing(icon: Icon, color: Color, size: Dp = 16.dp, modifier: Modifier = Modifier) {
    val paths = remember(icon) { icon.outlines.map { PathParser().parsePathString(it).toPath() } }
    Canvas(modifier.size(size)) {
        scale(this.size.minDimension / 24f, pivot = Offset.Zero) {
            for (path in paths) {
                drawPath(path, color, style = Stroke(2f, cap = StrokeCap.Round, join = StrokeJoin.Round))
            }
        }
    }
}
