package rounds.screens.order

import rounds.phone.AssetBrief
import rounds.phone.CaptureRow
import rounds.phone.ItemView
import rounds.phone.NextStep
import rounds.phone.OrderDetail
import rounds.phone.PictureView
import rounds.phone.PlaceBrief
import rounds.phone.QueueRow
import rounds.phone.QueueState
import rounds.phone.TimelineRow
import rounds.screens.words.Name

// The core's records as the order page shows them: codes become the page's own words, nothing is decided here.

/** The page of an order. `captures` are this phone's reserved places of which nothing came. */
internal fun OrderDetail.page(queue: List<QueueRow>, captures: List<CaptureRow>, now: Long) = OrderPage(
    number = row.number,
    title = Name(row.title, ""),
    asset = row.asset?.name,
    place = place?.name,
    state = stateNamed(row.state),
    evidence = items.map { it.pair(this, captures) },
    timeline = timeline.map { line -> line.entry(held.any { it.op == line.op }) },
    next = next?.thing,
    sync = queue.state(),
    now = now,
)

private val AssetBrief.name: Name get() = Name(zh.ifEmpty { code }, en.ifEmpty { code })
private val PlaceBrief.name: Name get() = Name(zh.ifEmpty { code }, en.ifEmpty { code })

/** The core's states by their codes. */
internal fun stateNamed(code: String): OrderState = when (code) {
    "open" -> OrderState.Open
    "assigned" -> OrderState.Assigned
    "accepted" -> OrderState.Accepted
    "travelling" -> OrderState.Travelling
    "on_site" -> OrderState.OnSite
    "in_progress" -> OrderState.InProgress
    "on_hold" -> OrderState.OnHold
    "done" -> OrderState.Done
    "in_review" -> OrderState.InReview
    "rework" -> OrderState.Rework
    "cannot_complete" -> OrderState.CannotComplete
    "closed" -> OrderState.Closed
    "cancelled" -> OrderState.Cancelled
    else -> error("the core says “$code”, a state this page does not know")
}

/** The core's next step by what the large button says. */
internal val NextStep.thing: NextThing
    get() = when (this) {
        NextStep.Accept -> NextThing.Accept
        NextStep.Start -> NextThing.Start
        NextStep.Resume -> NextThing.Resume
        NextStep.Complete -> NextThing.Complete
        is NextStep.TakePicture -> if (slot == "before") NextThing.TakeBefore else NextThing.TakeAfter
    }

private fun ItemView.pair(order: OrderDetail, captures: List<CaptureRow>): EvidencePair {
    fun side(slot: String, picture: PictureView?): Photo =
        picture?.photo(order)
            ?: captures.firstOrNull { it.state == "missing" && it.order == order.row.number && it.slot == slot }
                ?.let { Photo.Lost(it.reserved) }
            ?: Photo.NotTaken
    val name = if (key == "repair") Name("维修", "Repair") else Name(key, "")
    return EvidencePair(name, side("before", before), side("after", after))
}

private fun PictureView.photo(order: OrderDetail): Photo {
    val who = Name(by, "")
    path?.let { return Photo.Here(it, who, at, stored) }
    return when (missing) {
        "not_sent_yet" -> Photo.OnPhone(order.deviceOf(evidence), who, at)
        "broken" -> Photo.Broken(who, at)
        else -> Photo.OnServer(who, at)
    }
}

/** The name of the phone a picture was taken with, as its line in the timeline says. */
private fun OrderDetail.deviceOf(evidence: String): String =
    timeline.firstOrNull { it.what == "evidence.attach" && evidence in it.facts }?.device.orEmpty()

private fun TimelineRow.entry(waits: Boolean) = TimelineEntry(
    id = id,
    what = deedNamed(what, mark),
    who = Name(by, ""),
    at = earliest + (latest - earliest) / 2,
    wall = wall,
    received = received,
    device = device,
    remark = text.ifEmpty { null },
    held = waits,
)

/** The core's actions by their names. */
internal fun deedNamed(what: String, mark: String): Deed = when (what) {
    "order.raise" -> Deed.Raised
    "order.assign" -> Deed.Assigned
    "order.accept" -> if (mark == "assisted") Deed.Assisted else Deed.Accepted
    "order.decline" -> Deed.Declined
    "order.travel" -> if (mark == "assisted") Deed.Assisted else Deed.SetOut
    "order.arrive" -> if (mark == "assisted") Deed.Assisted else Deed.Arrived
    "order.start" -> if (mark == "assisted") Deed.Assisted else Deed.Started
    "order.hold" -> Deed.PutOnHold
    "order.resume" -> Deed.Resumed
    "order.complete" -> Deed.Completed
    "order.cannot_complete" -> Deed.CannotComplete
    "order.submit" -> Deed.HandedIn
    "order.accept_item" -> Deed.ItemAccepted
    "order.return_item" -> Deed.ItemReturned
    "order.return" -> Deed.SentBack
    "order.close" -> Deed.Closed
    "order.cancel" -> Deed.Cancelled
    "order.reopen" -> Deed.Reopened
    "order.change" -> Deed.Changed
    "evidence.attach" -> Deed.TookPhoto
    "comment.add" -> Deed.Commented
    "op.settle" -> Deed.SettledHeld
    "op.discard" -> Deed.GaveUp
    else -> Deed.Other
}

/** What was rejected needs somebody; what is on this phone only waits. */
private fun List<QueueRow>.state(): SyncState {
    val rejected = count { it.state == QueueState.REJECTED }
    val local = filter { it.state == QueueState.LOCAL }
    return when {
        rejected > 0 -> SyncState.NeedsYou(rejected)
        local.isNotEmpty() -> SyncState.Waiting(local.size, local.minOf { it.recorded })
        else -> SyncState.AllReceived
    }
}
