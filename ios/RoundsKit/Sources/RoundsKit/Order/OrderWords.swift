// The words of the order page, zh and en, the same as on the console and on Android.

/// Shape, word and tone of a state. The shape is a name of Apple's symbol set.
public struct StateLook: Hashable, Sendable {
    public let tone: Tone
    public let symbol: String
    public let word: Name
}

extension OrderState {
    public var look: StateLook {
        switch self {
        case .open: StateLook(tone: .quiet, symbol: "circle", word: Name("待派单", "Open"))
        case .assigned: StateLook(tone: .quiet, symbol: "person", word: Name("已派单", "Assigned"))
        case .accepted: StateLook(tone: .work, symbol: "checkmark", word: Name("已接单", "Accepted"))
        case .travelling: StateLook(tone: .work, symbol: "car", word: Name("前往中", "On the way"))
        case .onSite: StateLook(tone: .work, symbol: "mappin", word: Name("已到场", "On site"))
        case .inProgress: StateLook(tone: .work, symbol: "wrench", word: Name("处理中", "In progress"))
        case .onHold: StateLook(tone: .hold, symbol: "pause", word: Name("挂起", "On hold"))
        case .done: StateLook(tone: .ok, symbol: "checkmark", word: Name("已完工", "Done"))
        case .inReview: StateLook(tone: .review, symbol: "eye", word: Name("待审核", "In review"))
        case .rework: StateLook(tone: .late, symbol: "arrow.uturn.left", word: Name("返工", "Rework"))
        case .cannotComplete: StateLook(tone: .late, symbol: "xmark", word: Name("无法完成", "Cannot complete"))
        case .closed: StateLook(tone: .ok, symbol: "checkmark.circle", word: Name("已关闭", "Closed"))
        case .cancelled: StateLook(tone: .quiet, symbol: "circle.slash", word: Name("已取消", "Cancelled"))
        }
    }
}

extension NextThing {
    public var word: Name {
        switch self {
        case .accept: Name("接单", "Accept")
        case .start: Name("开工", "Start work")
        case .takeBefore: Name("拍整改前照片", "Take the before photo")
        case .takeAfter: Name("拍整改后照片", "Take the after photo")
        case .complete: Name("完工", "Complete")
        case .resume: Name("恢复处理", "Go on")
        }
    }
}

extension Deed {
    /// "王强 开工", "Wang Qiang started work".
    public func said(by who: Name, _ language: Language) -> String { "\(who.of(language)) \(word.of(language))" }

    var word: Name {
        switch self {
        case .raised: Name("报修", "raised the order")
        case .assigned: Name("派单", "assigned it")
        case .accepted: Name("接单", "accepted it")
        case .declined: Name("拒单", "declined it")
        case .setOut: Name("出发", "set out")
        case .arrived: Name("到场", "arrived")
        case .started: Name("开工", "started work")
        case .assisted: Name("协助", "assisted")
        case .putOnHold: Name("挂起", "put it on hold")
        case .resumed: Name("恢复处理", "went on")
        case .tookPhoto: Name("拍照", "took a photo")
        case .completed: Name("完工", "completed the work")
        case .cannotComplete: Name("报告无法完成", "could not complete it")
        case .handedIn: Name("提交审核", "handed it in for review")
        case .commented: Name("备注", "wrote")
        case .itemAccepted: Name("通过一项", "accepted an item")
        case .itemReturned: Name("退回一项", "returned an item")
        case .sentBack: Name("退回返工", "sent it back")
        case .closed: Name("关闭工单", "closed the order")
        case .cancelled: Name("取消工单", "cancelled the order")
        case .reopened: Name("重新打开工单", "opened it again")
        case .changed: Name("修改工单", "changed the order")
        case .settledHeld: Name("对待定操作作出决定", "decided a held action")
        case .gaveUp: Name("放弃了一条操作", "gave up an action")
        case .other: Name("做了此版本不认识的操作", "did something this version does not know")
        }
    }
}

extension SyncState {
    /// What the sync chip says, relative to now.
    public func said(now: Int64, _ language: Language) -> String {
        switch (self, language) {
        case (.allReceived, .zh): "已全部接收"
        case (.allReceived, .en): "all received"
        case (.waiting(let count, let oldest), .zh): "\(count) 条待上传 · 最早 \(Times.span(now - oldest, .zh))"
        case (.waiting(let count, let oldest), .en): "\(count) waiting · oldest \(Times.span(now - oldest, .en))"
        case (.needsYou(let count), .zh): "需要您处理 · \(count)"
        case (.needsYou(let count), .en): "needs you · \(count)"
        }
    }

    /// Never red for waiting.
    public var tone: Tone {
        switch self {
        case .allReceived: .ok
        case .waiting: .pending
        case .needsYou: .review
        }
    }
}

extension Photo {
    /// What stands in the empty frame of a missing picture; nil when there is one.
    public var missing: (what: Name, why: Name)? {
        switch self {
        case .here: nil
        case .onPhone(let device, let by, _):
            (
                Name("照片还在手机上", "Still on the phone"),
                Name("\(by.zh) 拍摄，在手机 \(device) 上，尚未上传。", "Taken by \(by.en) on phone \(device), not yet sent.")
            )
        case .onServer: (Name("照片在服务器上", "On the server"), Name("还没有下载到此手机。", "It has not come to this phone yet."))
        case .lost:
            (
                Name("没有找到照片", "No picture was found"),
                Name("此手机打开了相机，之后没有找到照片。", "This phone opened its camera; no picture was found afterwards.")
            )
        case .broken:
            (
                Name("图片无法打开", "The picture cannot be opened"),
                Name("文件已损坏或不在此手机上。", "Its file is damaged or not on this phone.")
            )
        case .notTaken: (Name("尚未拍摄", "Not taken yet"), Name("还没有人拍这张照片。", "Nobody has taken this photo."))
        }
    }
}
