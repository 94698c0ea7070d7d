package rounds.screens.order

import androidx.compose.foundation.background
import androidx.compose.foundation.border
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.runtime.Composable
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import rounds.screens.look.Chip
import rounds.screens.look.Drawing
import rounds.screens.look.Icon
import rounds.screens.look.Line
import rounds.screens.look.LocalPalette
import rounds.screens.look.Space
import rounds.screens.look.Tone
import rounds.screens.look.Type
import rounds.screens.words.LocalLanguage
import rounds.screens.words.Name

/** The order page: what it is, where, how far; its evidence; what happened; and one button for the next thing. */
@Composable
fun OrderScreen(model: OrderViewModel) {
    val screen by model.screen.collectAsState()
    Column(Modifier.fillMaxSize().background(LocalPalette.current.paper)) {
        when (val now = screen) {
            OrderScreenState.Loading -> Skeleton(Modifier.weight(1f))
            is OrderScreenState.Failed -> Failure(now, model::tryAgain, Modifier.weight(1f))
            is OrderScreenState.Shown -> {
                Page(now.page, model::openSyncCentre, Modifier.weight(1f))
                NextBar(now, model::doNext)
            }
        }
    }
}

@Composable
private fun Page(page: OrderPage, openSyncCentre: () -> Unit, modifier: Modifier) {
    LazyColumn(
        modifier.fillMaxWidth().padding(horizontal = Space.s4),
        verticalArrangement = Arrangement.spacedBy(Space.s3),
    ) {
        item { Head(page, openSyncCentre) }
        item { Heading(OrderWords.evidence) }
        if (page.evidence.isEmpty()) item { Quiet(OrderWords.noEvidence) }
        items(page.evidence.size) { EvidenceFrame(page.evidence[it], page.now) }
        item { Heading(OrderWords.timeline) }
        if (page.timeline.isEmpty()) item { Quiet(OrderWords.noTimeline) }
        items(page.timeline.size, key = { page.timeline[it].id }) { TimelineLine(page.timeline[it], page.now) }
        item { Box(Modifier.height(Space.s4)) }
    }
}

@Composable
private fun Head(page: OrderPage, openSyncCentre: () -> Unit) {
    val palette = LocalPalette.current
    Column(Modifier.padding(top = Space.s2), verticalArrangement = Arrangement.spacedBy(Space.s2)) {
        Row(
            Modifier.fillMaxWidth().heightIn(min = Space.touch),
            horizontalArrangement = Arrangement.SpaceBetween,
            verticalAlignment = Alignment.CenterVertically,
        ) {
            Line(page.number, Type.lead, color = palette.muted, strong = true, lines = 1)
            SyncChip(page.sync, page.now, openSyncCentre)
        }
        Line(page.title.here, Type.title, strong = true, lines = 2, modifier = Modifier.semantics { heading() })
        page.state.look.let { Chip(it.tone, it.icon, it.word.here, Modifier.testTag("state")) }
        page.asset?.let { Fact(Icon.Asset, OrderWords.asset, it) }
        page.place?.let { Fact(Icon.Place, OrderWords.place, it) }
    }
}

@Composable
private fun SyncChip(sync: SyncState, now: Long, open: () -> Unit) {
    val (tone, icon) = when (sync) {
        SyncState.AllReceived -> Tone.Ok to Icon.Check
        is SyncState.Waiting -> Tone.Pending to Icon.Circle
        is SyncState.NeedsYou -> Tone.Review to Icon.Eye
    }
    Box(
        Modifier.heightIn(min = Space.touch).clickable(role = Role.Button, onClick = open).testTag("sync"),
        contentAlignment = Alignment.Center,
    ) {
        Chip(tone, icon, sync.said(now, LocalLanguage.current))
    }
}

@Composable
private fun Fact(icon: Icon, label: Name, value: Name) {
    val palette = LocalPalette.current
    val spoken = "${label.here}: ${value.here}"
    Row(
        Modifier.semantics(mergeDescendants = true) { contentDescription = spoken },
        horizontalArrangement = Arrangement.spacedBy(Space.s2),
    ) {
        Drawing(icon, palette.muted, modifier = Modifier.padding(top = 3.dp))
        Line(value.here, color = palette.muted, lines = 2)
    }
}

@Composable
private fun Heading(words: Name) {
    Line(
        words.here, Type.lead, strong = true,
        modifier = Modifier.padding(top = Space.s3).semantics { heading() },
    )
}

@Composable
private fun Quiet(words: Name) {
    Line(words.here, color = LocalPalette.current.muted)
}

/** One large button, within the thumb's reach; above it why the last thing was not done. */
@Composable
private fun NextBar(shown: OrderScreenState.Shown, doNext: (NextThing) -> Unit) {
    val palette = LocalPalette.current
    Column(
        Modifier.fillMaxWidth().background(palette.card).border(1.dp, palette.line).padding(Space.s4),
        verticalArrangement = Arrangement.spacedBy(Space.s2),
    ) {
        shown.notice?.let {
            Line(it.here, color = palette.late, modifier = Modifier.semantics { liveRegion = LiveRegionMode.Polite })
        }
        when (val next = shown.page.next) {
            null -> Line(OrderWords.nothingNext.here, color = palette.muted)
            else -> LargeButton(next.icon, next.word, enabled = !shown.busy) { doNext(next) }
        }
    }
}

@Composable
private fun LargeButton(icon: Icon, word: Name, enabled: Boolean = true, press: () -> Unit) {
    val palette = LocalPalette.current
    val shape = RoundedCornerShape(Space.control)
    val (ground, ink) = if (enabled) palette.accent to palette.onAccent else palette.line to palette.muted
    Row(
        Modifier
            .fillMaxWidth()
            .heightIn(min = 56.dp)
            .clip(shape)
            .background(ground)
            .clickable(enabled = enabled, role = Role.Button, onClick = press)
            .padding(horizontal = Space.s4)
            .testTag("next"),
        horizontalArrangement = Arrangement.spacedBy(Space.s2, Alignment.CenterHorizontally),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Drawing(icon, ink, size = 20.dp)
        Line(word.here, Type.lead, color = ink, strong = true, lines = 2)
    }
}

@Composable
private fun Skeleton(modifier: Modifier) {
    val palette = LocalPalette.current
    val said = OrderWords.loading.here
    Column(
        modifier.fillMaxWidth().padding(Space.s4).semantics { contentDescription = said },
        verticalArrangement = Arrangement.spacedBy(Space.s3),
    ) {
        for ((share, height) in listOf(0.4f to 24.dp, 0.9f to 28.dp, 0.3f to 24.dp, 0.7f to 20.dp, 1f to 220.dp)) {
            Box(
                Modifier.fillMaxWidth(share).height(height).clip(RoundedCornerShape(Space.control)).background(palette.line),
            )
        }
    }
}

@Composable
private fun Failure(failed: OrderScreenState.Failed, tryAgain: () -> Unit, modifier: Modifier) {
    val palette = LocalPalette.current
    Column(
        modifier.fillMaxWidth().padding(Space.s4),
        verticalArrangement = Arrangement.spacedBy(Space.s3, Alignment.CenterVertically),
    ) {
        Line(failed.what.here, Type.title, strong = true, modifier = Modifier.semantics { heading() })
        Line(failed.why.here, color = palette.muted)
        LargeButton(Icon.Return, OrderWords.tryAgain, press = tryAgain)
    }
}
