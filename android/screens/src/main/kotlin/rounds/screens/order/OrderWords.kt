package rounds.screens.order

import rounds.screens.look.Icon
import rounds.screens.look.Tone
import rounds.screens.words.Language
import rounds.screens.words.Name
import rounds.screens.words.Times

// The words of the order page, zh and en, the same as on the console.

/** Shape, word and tone of a state. */
internal data class StateLook(val tone: Tone, val icon: Icon, val word: Name)

internal val OrderState.look: StateLook
    get() = when (this) {
        OrderState.Open -> StateLook(Tone.Quiet, Icon.Circle, Name("待派单", "Open"))
        OrderState.Assigned -> StateLook(Tone.Quiet, Icon.Person, Name("已派单", "Assigned"))
        OrderState.Accepted -> StateLook(Tone.Work, Icon.Check, Name("已接单", "Accepted"))
        OrderState.Travelling -> StateLook(Tone.Work, Icon.Travel, Name("前往中", "On the way"))
        OrderState.OnSite -> StateLook(Tone.Work, Icon.Place, Name("已到场", "On site"))
        OrderState.InProgress -> StateLook(Tone.Work, Icon.Wrench, Name("处理中", "In progress"))
        OrderState.OnHold -> StateLook(Tone.Hold, Icon.Pause, Name("挂起", "On hold"))
        OrderState.Done -> StateLook(Tone.Ok, Icon.Check, Name("已完工", "Done"))
        OrderState.InReview -> StateLook(Tone.Review, Icon.Eye, Name("待审核", "In review"))
        OrderState.Rework -> StateLook(Tone.Late, Icon.Return, Name("返工", "Rework"))
        OrderState.CannotComplete -> StateLook(Tone.Late, Icon.Cross, Name("无法完成", "Cannot complete"))
        OrderState.Closed -> StateLook(Tone.Ok, Icon.Accepted, Name("已关闭", "Closed"))
        OrderState.Cancelled -> StateLook(Tone.Quiet, Icon.Void, Name("已取消", "Cancelled"))
    }

internal val NextThing.word: Name
    get() = when (this) {
        NextThing.Accept -> Name("接单", "Accept")
        NextThing.Start -> Name("开工", "Start work")
        NextThing.TakeBefore -> Name("拍整改前照片", "Take the before photo")
        NextThing.TakeAfter -> Name("拍整改后照片", "Take the after photo")
        NextThing.Complete -> Name("完工", "Complete")
        NextThing.Resume -> Name("恢复处理", "Go on")
    }

internal val NextThing.icon: Icon
    get() = when (this) {
        NextThing.Accept -> Icon.Check
        NextThing.Start -> Icon.Wrench
        NextThing.TakeBefore, NextThing.TakeAfter -> Icon.Camera
        NextThing.Complete -> Icon.Check
        NextThing.Resume -> Icon.Wrench
    }

/** "王强 开工", "Wang Qiang started work". */
internal fun Deed.said(who: String, language: Language): String {
    val (zh, en) = when (this) {
        Deed.Raised -> "报修" to "raised the order"
        Deed.Assigned -> "派单" to "assigned it"
        Deed.Accepted -> "接单" to "accepted it"
        Deed.Declined -> "拒单" to "declined it"
        Deed.SetOut -> "出发" to "set out"
        Deed.Arrived -> "到场" to "arrived"
        Deed.Started -> "开工" to "started work"
        Deed.Assisted -> "协助" to "assisted"
        Deed.PutOnHold -> "挂起" to "put it on hold"
        Deed.Resumed -> "恢复处理" to "went on"
        Deed.TookPhoto -> "拍照" to "took a photo"
        Deed.Completed -> "完工" to "completed the work"
        Deed.CannotComplete -> "报告无法完成" to "could not complete it"
        Deed.HandedIn -> "提交审核" to "handed it in for review"
        Deed.Commented -> "备注" to "wrote"
        Deed.ItemAccepted -> "通过一项" to "accepted an item"
        Deed.ItemReturned -> "退回一项" to "returned an item"
        Deed.SentBack -> "退回返工" to "sent it back"
        Deed.Closed -> "关闭工单" to "closed the order"
        Deed.Cancelled -> "取消工单" to "cancelled the order"
        Deed.Reopened -> "重新打开工单" to "opened it again"
        Deed.Changed -> "修改工单" to "changed the order"
        Deed.SettledHeld -> "对待定操作作出决定" to "decided a held action"
        Deed.GaveUp -> "放弃了一条操作" to "gave up an action"
        Deed.Other -> "做了此版本不认识的操作" to "did something this version does not know"
    }
    return if (language == Language.Zh) "$who $zh" else "$who $en"
}

/** What the sync chip says, relative to now. */
internal fun SyncState.said(now: Long, language: Language): String = when (this) {
    SyncState.AllReceived -> if (language == Language.Zh) "已全部接收" else "all received"
    is SyncState.Waiting -> Times.span(now - oldest, language).let { age ->
        if (language == Language.Zh) "$count 条待上传 · 最早 $age" else "$count waiting · oldest $age"
    }
    is SyncState.NeedsYou -> if (language == Language.Zh) "需要您处理 · $count" else "needs you · $count"
}

internal object OrderWords {
    val evidence = Name("佐证", "Evidence")
    val before = Name("整改前", "Before")
    val after = Name("整改后", "After")
    val timeline = Name("时间线", "Timeline")
    val asset = Name("设备", "Asset")
    val place = Name("位置", "Place")
    val slider = Name("拖动对比整改前后", "Slide between before and after")
    val notTaken = Name("尚未拍摄", "Not taken yet")
    val notTakenWhy = Name("还没有人拍这张照片。", "Nobody has taken this photo.")
    val onPhone = Name("照片还在手机上", "Still on the phone")
    val onServer = Name("照片在服务器上", "On the server")
    val onServerWhy = Name("还没有下载到此手机。", "It has not come to this phone yet.")
    val lost = Name("没有找到照片", "No picture was found")
    val lostWhy = Name("此手机打开了相机，之后没有找到照片。", "This phone opened its camera; no picture was found afterwards.")
    val unreadable = Name("图片无法打开", "The picture cannot be opened")
    val unreadableWhy = Name("文件已损坏或不在此手机上。", "Its file is damaged or not on this phone.")
    val noEvidence = Name("还没有照片。整改前后照片会显示在这里。", "No photos yet. Before and after photos appear here.")
    val noTimeline = Name("还没有记录。", "Nothing yet.")
    val notReceived = Name("未上传", "not received yet")
    val stored = Name("已收到", "received")
    val held = Name("待定：等主管选择", "held: a supervisor chooses")
    val tryAgain = Name("再试一次", "Try again")
    val nothingNext = Name("现在没有要您做的", "Nothing for you to do now")
    val loading = Name("正在打开工单", "Opening the order")
}
