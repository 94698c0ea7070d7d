package rounds.screens.order

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.Image
import androidx.compose.foundation.background
import androidx.compose.foundation.border
import androidx.compose.foundation.focusable
import androidx.compose.foundation.gestures.detectHorizontalDragGestures
import androidx.compose.foundation.gestures.detectTapGestures
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.draw.drawWithContent
import androidx.compose.ui.geometry.CornerRadius
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.PathEffect
import androidx.compose.ui.graphics.drawscope.Stroke
import androidx.compose.ui.graphics.drawscope.clipRect
import androidx.compose.ui.input.pointer.pointerInput
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.ProgressBarRangeInfo
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.progressBarRangeInfo
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.semantics.setProgress
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import rounds.screens.look.Drawing
import rounds.screens.look.Icon
import rounds.screens.look.Line
import rounds.screens.look.LocalPalette
import rounds.screens.look.LocalPictures
import rounds.screens.look.Space
import rounds.screens.look.Tone
import rounds.screens.look.Type
import rounds.screens.look.of
import rounds.screens.words.Language
import rounds.screens.words.LocalLanguage
import rounds.screens.words.Name
import rounds.screens.words.Times

/** Before and after in one frame with a slider; what is missing is an empty frame that says what and where. */
@Composable
internal fun EvidenceFrame(pair: EvidencePair, now: Long) {
    val palette = LocalPalette.current
    val before = side(pair.before)
    val after = side(pair.after)
    Column(
        Modifier
            .fillMaxWidth()
            .clip(RoundedCornerShape(Space.card))
            .background(palette.card)
            .border(1.dp, palette.line, RoundedCornerShape(Space.card))
            .padding(Space.s3),
        verticalArrangement = Arrangement.spacedBy(Space.s2),
    ) {
        Line(pair.item.here, strong = true, lines = 2)
        if (before is Side.Picture && after is Side.Picture) {
            Slider(before.image, after.image)
        } else {
            Row(Modifier.fillMaxWidth(), horizontalArrangement = Arrangement.spacedBy(Space.s2)) {
                Half(OrderWords.before, before, Modifier.weight(1f))
                Half(OrderWords.after, after, Modifier.weight(1f))
            }
        }
        Row(Modifier.fillMaxWidth(), horizontalArrangement = Arrangement.spacedBy(Space.s2)) {
            Caption(OrderWords.before, pair.before, now, Modifier.weight(1f))
            Caption(OrderWords.after, pair.after, now, Modifier.weight(1f))
        }
        Interval(pair)
    }
}

/** What can be drawn of one side. */
private sealed interface Side {
    class Picture(val image: ImageBitmap) : Side
    class Empty(val what: Name, val why: Name) : Side
}

@Composable
private fun side(photo: Photo): Side = when (photo) {
    is Photo.Here -> {
        val read = LocalPictures.current
        when (val image = remember(photo.path) { read(photo.path) }) {
            null -> Side.Empty(OrderWords.unreadable, OrderWords.unreadableWhy)
            else -> Side.Picture(image)
        }
    }
    is Photo.OnPhone -> Side.Empty(
        OrderWords.onPhone,
        Name("${photo.by.zh} 拍摄，在手机 ${photo.device} 上，尚未上传。", "Taken by ${photo.by.en} on phone ${photo.device}, not yet sent."),
    )
    is Photo.OnServer -> Side.Empty(OrderWords.onServer, OrderWords.onServerWhy)
    is Photo.Lost -> Side.Empty(OrderWords.lost, OrderWords.lostWhy)
    is Photo.Broken -> Side.Empty(OrderWords.unreadable, OrderWords.unreadableWhy)
    Photo.NotTaken -> Side.Empty(OrderWords.notTaken, OrderWords.notTakenWhy)
}

/** Both pictures on one field; the handle says how much of it is "before". */
@Composable
private fun Slider(before: ImageBitmap, after: ImageBitmap) {
    val palette = LocalPalette.current
    var share by remember { mutableStateOf(0.5f) }
    val said = OrderWords.slider.here
    Box(
        Modifier
            .fillMaxWidth()
            .aspectRatio(4f / 3f)
            .clip(RoundedCornerShape(Space.control))
            .background(palette.line)
            .pointerInput(Unit) { detectTapGestures { share = (it.x / size.width).coerceIn(0f, 1f) } }
            .pointerInput(Unit) {
                detectHorizontalDragGestures { change, _ ->
                    change.consume()
                    share = (change.position.x / size.width).coerceIn(0f, 1f)
                }
            }
            .semantics {
                contentDescription = said
                progressBarRangeInfo = ProgressBarRangeInfo(share, 0f..1f)
                setProgress { wanted -> share = wanted.coerceIn(0f, 1f); true }
            }
            .focusable()
            .testTag("slider"),
    ) {
        Image(after, null, Modifier.fillMaxSize(), contentScale = ContentScale.Crop)
        Image(
            before, null,
            Modifier.fillMaxSize().drawWithContent { clipRect(right = size.width * share) { this@drawWithContent.drawContent() } },
            contentScale = ContentScale.Crop,
        )
        Canvas(Modifier.fillMaxSize()) {
            val x = size.width * share
            drawLine(Color.White, Offset(x, 0f), Offset(x, size.height), strokeWidth = 3.dp.toPx())
            drawCircle(Color.White, 14.dp.toPx(), Offset(x, size.height / 2))
            drawCircle(palette.accent, 14.dp.toPx(), Offset(x, size.height / 2), style = Stroke(2.dp.toPx()))
            for (way in listOf(-1, 1)) {
                val tip = Offset(x + way * 8.dp.toPx(), size.height / 2)
                for (up in listOf(-1, 1)) {
                    drawLine(palette.accent, tip, tip + Offset(-way * 4.dp.toPx(), up * 4.dp.toPx()), strokeWidth = 2.dp.toPx())
                }
            }
        }
        Label(OrderWords.before, Modifier.align(Alignment.TopStart))
        Label(OrderWords.after, Modifier.align(Alignment.TopEnd))
    }
}

@Composable
private fun Label(word: Name, modifier: Modifier) {
    Line(
        word.here, Type.small, color = Color.White, strong = true, lines = 1,
        modifier = modifier
            .padding(Space.s2)
            .background(Color.Black.copy(alpha = 0.6f), RoundedCornerShape(percent = 50))
            .padding(horizontal = Space.s3, vertical = 2.dp),
    )
}

@Composable
private fun Half(word: Name, side: Side, modifier: Modifier) {
    val palette = LocalPalette.current
    Box(modifier.aspectRatio(3f / 4f).clip(RoundedCornerShape(Space.control))) {
        when (side) {
            is Side.Picture -> {
                Image(side.image, word.here, Modifier.fillMaxSize(), contentScale = ContentScale.Crop)
                Label(word, Modifier.align(Alignment.TopStart))
            }
            is Side.Empty -> {
                Canvas(Modifier.fillMaxSize()) {
                    val dashes = PathEffect.dashPathEffect(floatArrayOf(6.dp.toPx(), 5.dp.toPx()))
                    drawRoundRect(
                        palette.muted, style = Stroke(1.5.dp.toPx(), pathEffect = dashes),
                        cornerRadius = CornerRadius(Space.control.toPx()),
                    )
                }
                Column(
                    Modifier.fillMaxWidth().fillMaxHeight().padding(Space.s3),
                    verticalArrangement = Arrangement.spacedBy(Space.s1, Alignment.CenterVertically),
                    horizontalAlignment = Alignment.CenterHorizontally,
                ) {
                    Drawing(Icon.NoPicture, palette.muted, size = 28.dp)
                    Line("${word.here} · ${side.what.here}", strong = true, align = TextAlign.Center)
                    Line(side.why.here, Type.small, color = palette.muted, align = TextAlign.Center)
                }
            }
        }
    }
}

/** How long lies between the two. */
@Composable
private fun Interval(pair: EvidencePair) {
    val before = pair.before as? Photo.Here ?: return
    val after = pair.after as? Photo.Here ?: return
    val language = LocalLanguage.current
    val span = Times.span(after.at - before.at, language)
    Line(
        if (language == Language.Zh) "前后相隔 $span" else "$span between the two",
        Type.small, color = LocalPalette.current.muted,
    )
}

/** Who, when, and whether the server has it. */
@Composable
private fun Caption(word: Name, photo: Photo, now: Long, modifier: Modifier) {
    val palette = LocalPalette.current
    val language = LocalLanguage.current
    Column(modifier, verticalArrangement = Arrangement.spacedBy(2.dp)) {
        if (photo !is Photo.Here) return@Column
        Line("${word.here} · ${photo.by.here}", Type.small, color = palette.muted, lines = 2)
        Line(Times.ago(photo.at, now, language), Type.small, color = palette.muted, lines = 2)
        val (tone, icon, said) = when (photo.stored) {
            false -> Triple(Tone.Pending, Icon.Circle, OrderWords.notReceived.here)
            true -> Triple(Tone.Ok, Icon.Check, OrderWords.stored.here)
        }
        Row(horizontalArrangement = Arrangement.spacedBy(Space.s1), verticalAlignment = Alignment.CenterVertically) {
            Drawing(icon, palette.of(tone), size = 14.dp)
            Line(said, Type.small, color = palette.of(tone), lines = 1)
        }
    }
}
