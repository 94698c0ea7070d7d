import RoundsCore

// The core's records as the order page shows them: codes become the page's own words, nothing is decided here.

/// The core says something this page does not know.
struct Unknown: Explained {
    let state: String
    var what: Name { Name("工单打不开", "The order does not open") }
    var why: Name { Name("此版本不认识状态“\(state)”，请更新应用。", "This version does not know the state “\(state)”; update the app.") }
}

extension NextThing {
    /// The core's next step by what the large button says.
    init(_ step: NextStep) {
        switch step {
        case .accept: self = .accept
        case .start: self = .start
        case .resume: self = .resume
        case .complete: self = .complete
        case .takePicture(_, let slot): self = slot == "before" ? .takeBefore : .takeAfter
        }
    }
}

extension OrderDetail {
    /// The page. `captures` are this phone's reserved places of which nothing came.
    func page(queue: [QueueRow], captures: [CaptureRow], now: Int64) throws -> OrderPage {
        guard let state = OrderState(code: row.state) else { throw Unknown(state: row.state) }
        return OrderPage(
            number: row.number,
            title: Name(row.title, ""),
            asset: row.asset.map { named($0.zh, $0.en, $0.code) },
            place: place.map { named($0.zh, $0.en, $0.code) },
            state: state,
            evidence: items.map { pair($0, captures) },
            timeline: timeline.map { line in entry(line, waits: held.contains { $0.op == line.op }) },
            next: next.map(NextThing.init),
            sync: SyncState(queue),
            now: now
        )
    }

    private func named(_ zh: String, _ en: String, _ code: String) -> Name {
        Name(zh.isEmpty ? code : zh, en.isEmpty ? code : en)
    }

    private func pair(_ item: ItemView, _ captures: [CaptureRow]) -> EvidencePair {
        func side(_ slot: String, _ picture: PictureView?) -> Photo {
            if let picture { return photo(picture) }
            let lost = captures.first { $0.state == "missing" && $0.order == row.number && $0.slot == slot }
            return lost.map { .lost(at: $0.reserved) } ?? .notTaken
        }
        let name = item.key == "repair" ? Name("维修", "Repair") : Name(item.key, "")
        return EvidencePair(item: name, before: side("before", item.before), after: side("after", item.after))
    }

    private func photo(_ picture: PictureView) -> Photo {
        let who = Name(picture.by, "")
        if let path = picture.path { return .here(path: path, by: who, at: picture.at, stored: picture.stored) }
        switch picture.missing {
        case "not_sent_yet": return .onPhone(device: device(of: picture.evidence), by: who, at: picture.at)
        case "broken": return .broken(by: who, at: picture.at)
        default: return .onServer(by: who, at: picture.at)
        }
    }

    /// The name of the phone a picture was taken with, as its line in the timeline says.
    private func device(of evidence: String) -> String {
        timeline.first { $0.what == "evidence.attach" && $0.facts.contains(evidence) }?.device ?? ""
    }

    private func entry(_ line: TimelineRow, waits: Bool) -> TimelineEntry {
        TimelineEntry(
            id: line.id,
            what: Deed(action: line.what, mark: line.mark),
            who: Name(line.by, ""),
            at: line.earliest + (line.latest - line.earliest) / 2,
            wall: line.wall,
            received: line.received,
            device: line.device,
            remark: line.text.isEmpty ? nil : line.text,
            held: waits
        )
    }
}

extension OrderState {
    /// The core's states by their codes.
    init?(code: String) {
        switch code {
        case "open": self = .open
        case "assigned": self = .assigned
        case "accepted": self = .accepted
        case "travelling": self = .travelling
        case "on_site": self = .onSite
        case "in_progress": self = .inProgress
        case "on_hold": self = .onHold
        case "done": self = .done
        case "in_review": self = .inReview
        case "rework": self = .rework
        case "cannot_complete": self = .cannotComplete
        case "closed": self = .closed
        case "cancelled": self = .cancelled
        default: return nil
        }
    }
}

extension Deed {
    /// The core's actions by their names.
    init(action: String, mark: String) {
        let assisted = mark == "assisted"
        switch action {
        case "order.raise": self = .raised
        case "order.assign": self = .assigned
        case "order.accept": self = assisted ? .assisted : .accepted
        case "order.decline": self = .declined
        case "order.travel": self = assisted ? .assisted : .setOut
        case "order.arrive": self = assisted ? .assisted : .arrived
        case "order.start": self = assisted ? .assisted : .started
        case "order.hold": self = .putOnHold
        case "order.resume": self = .resumed
        case "order.complete": self = .completed
        case "order.cannot_complete": self = .cannotComplete
        case "order.submit": self = .handedIn
        case "order.accept_item": self = .itemAccepted
        case "order.return_item": self = .itemReturned
        case "order.return": self = .sentBack
        case "order.close": self = .closed
        case "order.cancel": self = .cancelled
        case "order.reopen": self = .reopened
        case "order.change": self = .changed
        case "evidence.attach": self = .tookPhoto
        case "comment.add": self = .commented
        case "op.settle": self = .settledHeld
        case "op.discard": self = .gaveUp
        default: self = .other
        }
    }
}

extension SyncState {
    /// What was rejected needs somebody; what is on this phone only waits.
    init(_ queue: [QueueRow]) {
        let rejected = queue.count { $0.state == .rejected }
        let local = queue.filter { $0.state == .local }
        if rejected > 0 {
            self = .needsYou(count: rejected)
        } else if let oldest = local.map(\.recorded).min() {
            self = .waiting(count: local.count, oldest: oldest)
        } else {
            self = .allReceived
        }
    }
}
