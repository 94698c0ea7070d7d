package rounds.stage

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.io.File
import java.nio.file.Files

/** Somebody who can sign in on a phone. */
data class Player(val code: String, val name: String, val pin: String)

/**
 * A real server with a small site, in a folder of its own: the program `stage` beside the library
 * (bindings/ffi/examples/stage).
 */
class Stage : AutoCloseable {
    val folder: File = Files.createTempDirectory("rounds-stage").toFile()
    private val process = ProcessBuilder(
        File(System.getProperty("jna.library.path"), "examples/stage").path, folder.resolve("site").path,
    ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    private val answers = process.inputStream.bufferedReader()
    private val orders = process.outputStream.bufferedWriter()
    private val said = answer()
    private val codes = said.getValue("invitations").jsonArray.map { it.jsonPrimitive.content }.iterator()

    /** Code of the one pump. */
    val asset: String = said.text("asset")

    /** What a camera reads from the pump's tag. */
    val tag: String = said.text("tag")

    /** Picture files: `tag`, `before`, `after`. */
    fun picture(name: String): String = said.getValue("pictures").jsonObject.text(name)

    /** Who has this role. */
    fun player(role: String): Player = said.getValue("people").jsonObject.getValue(role).jsonObject
        .let { Player(it.text("code"), it.text("name"), it.text("pin")) }

    /** An enrolment code that nobody has used. */
    fun invitation(): String = codes.next()

    /** A folder for a phone. */
    fun phone(name: String): String = folder.resolve(name).path

    /** Pulls the server's plug. */
    fun down() { tell("down") }

    /** Starts the server again at the same address. */
    fun up() { tell("up") }

    /** What a separate reader finds in the stores of the server and of the phones in these folders. */
    fun doctor(vararg phones: String): JsonObject = tell("doctor ${phones.joinToString(" ")}")

    private fun tell(order: String): JsonObject {
        orders.write("$order\n")
        orders.flush()
        return answer()
    }

    private fun answer(): JsonObject {
        val line = answers.readLine() ?: error("the stage ended with exit code ${process.waitFor()}, see above")
        return Json.parseToJsonElement(line).jsonObject
    }

    override fun close() {
        orders.close()
        process.waitFor()
        folder.deleteRecursively()
    }
}

private fun Map<String, JsonElement>.text(key: String): String = getValue(key).jsonPrimitive.content
