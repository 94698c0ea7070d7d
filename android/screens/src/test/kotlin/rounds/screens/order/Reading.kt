package rounds.screens.order

import androidx.compose.ui.graphics.PixelMap
import androidx.compose.ui.graphics.toPixelMap
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.SemanticsNodeInteraction
import androidx.compose.ui.test.captureToImage
import org.junit.jupiter.api.Assertions.assertTrue

/** Everything a node and what is in it says. */
internal fun SemanticsNode.words(): String {
    val own = config.getOrNull(SemanticsProperties.Text).orEmpty().joinToString(" ") { it.text }
    return (listOf(own) + children.map { it.words() }).filter(String::isNotEmpty).joinToString(" ")
}

internal fun SemanticsNodeInteraction.assertSays(vararg words: String): SemanticsNodeInteraction = apply {
    val said = fetchSemanticsNode().words()
    for (word in words) assertTrue(word in said, "'$word' is not in '$said'")
}

internal fun SemanticsNodeInteraction.assertSaysNot(vararg words: String): SemanticsNodeInteraction = apply {
    val said = fetchSemanticsNode().words()
    for (word in words) assertTrue(word !in said, "'$word' is in '$said'")
}

/** Whatever is clicked is at least so tall and wide. */
internal fun SemanticsNodeInteraction.assertTouchable(least: Float) {
    var clicked = 0
    fun look(node: SemanticsNode) {
        if (node.config.getOrNull(SemanticsActions.OnClick) != null) {
            clicked++
            assertTrue(node.size.height >= least && node.size.width >= least, "${node.words()}: ${node.size}")
        }
        node.children.forEach(::look)
    }
    look(fetchSemanticsNode())
    assertTrue(clicked > 0, "nothing can be clicked")
}

internal fun SemanticsNodeInteraction.captureToPixels(): PixelMap = captureToImage().toPixelMap()
