package rounds.screens.order

import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.test.DesktopComposeUiTest
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.hasScrollAction
import androidx.compose.ui.test.hasTestTag
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.onRoot
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollToNode
import androidx.compose.ui.test.performTouchInput
import androidx.compose.ui.test.runDesktopComposeUiTest
import androidx.compose.ui.test.swipe
import androidx.compose.ui.unit.dp
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import rounds.screens.look.Look
import rounds.screens.words.Language
import rounds.screens.words.Name

/** The order page under a finger, on a screen of 360 × 780 dp. */
@OptIn(ExperimentalTestApi::class)
class OrderScreenTest {
    private fun onScreen(model: OrderViewModel, language: Language = Language.Zh, test: DesktopComposeUiTest.() -> Unit) =
        runDesktopComposeUiTest(360, 780) {
            setContent { Look(language, Samples::read, dark = false) { OrderScreen(model) } }
            test()
        }

    @Test
    fun `number, title, state, asset and place are there to be read`() {
        onScreen(HandFed(OrderScreenState.Shown(Samples.order())), Language.En) {
            for (text in listOf("K7-0042", "Cooling water pump 2: seal leaks", "In progress", "P-102 Cooling water pump", "Building B, level −2, pump room")) {
                onNodeWithText(text).assertIsDisplayed()
            }
        }
    }

    @Test
    fun `the large button asks for the next thing, and for nothing while one is under way`() {
        val model = HandFed(OrderScreenState.Shown(Samples.order()))
        onScreen(model) {
            onNodeWithText("完工").performClick()
            assertEquals(listOf("Complete"), model.asked)
            model.screen.value = OrderScreenState.Shown(Samples.order(), busy = true)
            waitForIdle()
            onNodeWithTag("next").performClick()
            assertEquals(listOf("Complete"), model.asked)
        }
    }

    @Test
    fun `the button stays within the thumb's reach with a title of any length`() {
        val long = Name("地下二层制冷机房二号冷却水循环泵联轴器护罩固定螺栓松动并伴有异常振动需停机检修更换", "")
        onScreen(HandFed(OrderScreenState.Shown(Samples.order(title = long)))) {
            onNodeWithText(long.zh).assertIsDisplayed()
            val button = onNodeWithTag("next").fetchSemanticsNode().boundsInRoot
            assertTrue(button.bottom <= 780f && button.top > 780f * 2 / 3, "$button")
            assertTrue(button.height >= 48.dp.value && button.width > 300, "$button")
        }
    }

    @Test
    fun `the slider follows the finger and stops at the edges`() {
        onScreen(HandFed(OrderScreenState.Shown(Samples.order()))) {
            fun share() = onNodeWithTag("slider").fetchSemanticsNode().config[SemanticsProperties.ProgressBarRangeInfo].current
            assertEquals(0.5f, share())
            onNodeWithTag("slider").performTouchInput { swipe(center, centerRight.copy(x = width * 0.8f)) }
            assertEquals(0.8f, share(), 0.02f)
            onNodeWithTag("slider").performTouchInput { swipe(center, centerLeft.copy(x = -50f)) }
            assertEquals(0f, share())
        }
    }

    @Test
    fun `the slider shows the before picture left of its handle and the after right of it`() {
        onScreen(HandFed(OrderScreenState.Shown(Samples.order()))) {
            val whole = { onNodeWithTag("slider").captureToPixels() }
            onNodeWithTag("slider").performTouchInput { swipe(center, centerRight) }
            val before = whole()
            onNodeWithTag("slider").performTouchInput { swipe(center, centerLeft) }
            val after = whole()
            onNodeWithTag("slider").performTouchInput { swipe(centerLeft, center) }
            val both = whole()
            val (left, right) = both.width / 4 to both.width * 6 / 10
            val rows = both.height / 4 until both.height * 3 / 4
            for (x in listOf(left, right)) {
                assertTrue(rows.any { before[x, it] != after[x, it] }, "the two pictures differ in column $x")
            }
            for (y in rows) {
                assertEquals(before[left, y], both[left, y], "left of the handle, row $y")
                assertEquals(after[right, y], both[right, y], "right of the handle, row $y")
            }
        }
    }

    @Test
    fun `a missing after picture is an empty frame that says what is missing and where it is`() {
        val cases = listOf(
            Photo.NotTaken to "After · Not taken yet",
            Photo.OnPhone("K9", Name("李雷", "Li Lei"), TEN_OH_FIVE) to "Taken by Li Lei on phone K9, not yet sent.",
            Photo.OnServer(Name("李雷", "Li Lei"), TEN_OH_FIVE) to "It has not come to this phone yet.",
            Photo.Lost(TEN_OH_FIVE) to "This phone opened its camera; no picture was found afterwards.",
            Photo.Broken(Name("李雷", "Li Lei"), TEN_OH_FIVE) to "After · The picture cannot be opened",
            Photo.Here("/nowhere.jpg", Name("李雷", "Li Lei"), TEN_OH_FIVE, stored = false) to "After · The picture cannot be opened",
        )
        for ((photo, words) in cases) {
            onScreen(HandFed(OrderScreenState.Shown(Samples.order(after = photo))), Language.En) {
                onNodeWithText(words).assertIsDisplayed()
                onNodeWithTag("slider").assertDoesNotExist()
            }
        }
    }

    @Test
    fun `the timeline is newest first, says the other times only where they differ, and shows the time on a touch`() {
        onScreen(HandFed(OrderScreenState.Shown(Samples.order())), Language.En) {
            onNode(hasScrollAction()).performScrollToNode(hasTestTag("entry e5"))
            val newest = onNodeWithTag("entry e5").fetchSemanticsNode().boundsInRoot.top
            onNode(hasScrollAction()).performScrollToNode(hasTestTag("entry e2"))
            onNodeWithTag("entry e2").assertSays("1 h 15 min ago", "phone clock said", "phone K7")
            onNode(hasScrollAction()).performScrollToNode(hasTestTag("entry e1"))
            onNodeWithTag("entry e1").assertSays("1 h 36 min ago", "phone S1").assertSaysNot("received", "clock said")
            onNodeWithTag("entry e1").performClick()
            onNodeWithTag("entry e1").assertSays("21 Nov").assertSaysNot("ago")
            assertTrue(newest > 0)
            val tops = listOf("e3", "e2", "e1").map { onNodeWithTag("entry $it").fetchSemanticsNode().positionInRoot.y }
            assertEquals(tops.sorted(), tops)
        }
    }

    @Test
    fun `the sync chip says what waits, never as an error, and opens the sync centre`() {
        val model = HandFed(OrderScreenState.Shown(Samples.order()))
        onScreen(model, Language.En) {
            onNodeWithText("7 waiting · oldest 30 min").assertIsDisplayed()
            onNodeWithTag("sync").performClick()
            assertEquals(listOf("sync centre"), model.asked)
        }
    }

    @Test
    fun `an order that cannot be read says what and why, and is tried again on request`() {
        val model = HandFed(OrderScreenState.Failed(Name("工单 K7-0042 打不开", "Order K7-0042 does not open"), Name("此手机上没有。", "It is not on this phone.")))
        onScreen(model, Language.En) {
            onNodeWithText("Order K7-0042 does not open").assertIsDisplayed()
            onNodeWithText("Try again").performClick()
            assertEquals(listOf("again"), model.asked)
        }
    }

    @Test
    fun `every state and every next thing has its own word in both languages`() {
        for (language in Language.entries) {
            val states = OrderState.entries.map { it.look.word.of(language) }
            assertEquals(states.size, states.toSet().size, "$states")
            val things = NextThing.entries.map { it.word.of(language) }
            assertEquals(things.size, things.toSet().size, "$things")
        }
    }

    @Test
    fun `nothing on the page is smaller than a finger`() {
        onScreen(HandFed(OrderScreenState.Shown(Samples.order()))) {
            onRoot().assertTouchable(least = 48f)
        }
    }
}
