package rounds.screens.order

import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.test.DesktopComposeUiTest
import androidx.compose.ui.test.ComposeTimeoutException
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.onRoot
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.runDesktopComposeUiTest
import androidx.compose.ui.unit.Density
import androidx.compose.ui.use
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.jetbrains.skia.EncodedImageFormat
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import rounds.core.OrderDraft
import rounds.core.Phone
import rounds.core.cancellable
import rounds.phone.SyncOutcome
import rounds.screens.look.Look
import rounds.screens.words.Language
import rounds.stage.Stage
import java.io.File
import java.util.concurrent.TimeUnit

/** The order page over the real core, under a finger, with a real server that is away while the work is done. */
@OptIn(ExperimentalTestApi::class)
@Timeout(180, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CoreOrderTest {
    private suspend fun Phone.syncToTheEnd() {
        while (true) {
            val report = syncCentre.sync()
            val wait = report.outcome as? SyncOutcome.Wait ?: return assertEquals(SyncOutcome.Done, report.outcome)
            check(report.problem == null) { "$report" }
            cancellable { token -> token.wait(wait.ms) }
        }
    }

    private suspend fun Stage.enrolled(role: String): Phone = Phone.open(phone(role)).apply {
        session.enrol(invitation(), if (role == "technician") "K7" else "S1")
        player(role).let { session.signIn(it.code, it.pin) }
        syncToTheEnd()
    }

    @Test
    fun `an order is done on the screen while the server is away, and the supervisor sees it done`() {
        Stage().use { stage ->
            val (supervisor, technician, order) = runBlocking {
                val supervisor = stage.enrolled("supervisor")
                val technician = stage.enrolled("technician")
                val draft = OrderDraft(
                    "冷却水管法兰漏水 Flange of the cooling pipe leaks",
                    asset = stage.asset, assignees = listOf(stage.player("technician").code),
                )
                val raised = supervisor.orders.raise(draft)
                supervisor.syncToTheEnd()
                technician.syncToTheEnd()
                Triple(supervisor, technician, raised)
            }
            stage.down()
            onScreen(technician, order.id, stage) { model ->
                for (word in listOf("Accept", "Start work", "Take the before photo", "Take the after photo")) {
                    press(word)
                }
                awaits("Complete")
                onNodeWithText("In progress").assertIsDisplayed()
                onNodeWithTag("slider").assertIsDisplayed()
                photograph(technician, model)
                press("Complete")
                awaits("In review")
                onNodeWithText("Nothing for you to do now").assertIsDisplayed()
            }
            stage.up()
            runBlocking {
                technician.syncToTheEnd()
                supervisor.syncToTheEnd()
                val seen = supervisor.orders.show(order.number)
                assertEquals("in_review", seen.row.state)
                assertEquals(stage.player("technician").name, seen.completedBy)
                val done = listOf("order.complete", "evidence.attach", "evidence.attach", "order.start", "order.accept")
                assertEquals(done, seen.timeline.map { it.what }.filter { it in done })
                val item = seen.items.single()
                assertTrue(item.before!!.stored && item.after!!.stored, "$item")
            }
            onScreen(supervisor, order.id, stage) {
                awaits("In review")
                onNodeWithText("all received").assertIsDisplayed()
            }
            technician.close()
            supervisor.close()
            val found = stage.doctor(stage.phone("technician"), stage.phone("supervisor"))
            assertEquals("[]", found.getValue("problems").toString())
        }
    }

    @Test
    fun `an order that is not on this phone is said to be so`() {
        Stage().use { stage ->
            val technician = runBlocking { stage.enrolled("technician") }
            onScreen(technician, "K7-0042", stage) {
                awaits("The order does not open")
                onNodeWithText("“K7-0042” is not on this phone", substring = true).assertIsDisplayed()
            }
            technician.close()
        }
    }

    /** The page in English; the camera takes the stage's pictures, before and then after. */
    private fun onScreen(phone: Phone, order: String, stage: Stage, test: DesktopComposeUiTest.(CoreOrderViewModel) -> Unit) {
        val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
        val pictures = listOf("before", "after").map(stage::picture).iterator()
        val camera = Camera { path -> File(pictures.next()).copyTo(File(path), overwrite = true) }
        val model = CoreOrderViewModel(phone, order, camera, scope, openCentre = {})
        runDesktopComposeUiTest(360, 780) {
            setContent { Look(Language.En, opened(phone), dark = false) { OrderScreen(model) } }
            test(model)
        }
        scope.cancel()
    }

    /** Pictures are sealed at rest; the core opens them in memory. */
    private fun opened(phone: Phone) = { path: String -> Samples.decode(runBlocking { phone.evidence.read(path) }) }

    private fun DesktopComposeUiTest.awaits(word: String) = try {
        waitUntil(timeoutMillis = 30_000) { onAllNodes(hasText(word)).fetchSemanticsNodes().isNotEmpty() }
    } catch (late: ComposeTimeoutException) {
        throw AssertionError("“$word” did not come; the screen says: ${onRoot().fetchSemanticsNode().words()}", late)
    }

    /** Presses the large button once it says this and waits for nothing else. */
    private fun DesktopComposeUiTest.press(word: String) {
        awaits(word)
        waitUntil(timeoutMillis = 30_000) { onNodeWithTag("next").fetchSemanticsNode().words() == word }
        onNodeWithTag("next").performClick()
    }

    /** As a phone shows it at 1.4 times the density: target/screens/order-core.png, the README's picture. */
    private fun photograph(phone: Phone, model: CoreOrderViewModel) {
        val shown = runBlocking { model.screen.first { it is OrderScreenState.Shown && !it.busy } }
        val file = File(System.getProperty("rounds.target"), "screens/order-core.png")
        file.parentFile.mkdirs()
        ImageComposeScene(504, 1092, Density(1.4f)) {
            Look(Language.En, opened(phone), dark = false) { OrderScreen(HandFed(shown)) }
        }.use { scene -> file.writeBytes(scene.render().encodeToData(EncodedImageFormat.PNG)!!.bytes) }
        assertTrue(file.length() > 50_000, "${file.length()} bytes: the pictures are not in it")
    }
}
