import RoundsCore

/// What went wrong and what to do. The core names things and reasons; the words are these.
extension PhoneError: Explained {
    public var what: Name { Name("没有完成", "Not done") }

    public var why: Name {
        switch self {
        case .NotEnrolled:
            Name("此手机还没有注册。请扫描控制台上的注册码。", "This phone is not enrolled. Scan an enrolment code from the console.")
        case .AlreadyEnrolled(let server):
            Name("此手机已在 \(server) 注册。", "This phone is enrolled at \(server) already.")
        case .EnrolRefused(let reason):
            Name("注册被拒绝：\(reason)", "The enrolment was refused: \(reason)")
        case .NeedsSignIn:
            Name("没有人登录。请用工号和 PIN 登录。", "Nobody is signed in. Sign in with your code and PIN.")
        case .NeedsConnection(let code, let reason):
            Name("\(code) 这次需要网络，或由主管在本机放行：\(reason)", "\(code) needs a connection, or a supervisor on this phone: \(reason)")
        case .WrongPin(let waitMs):
            waitMs > 0
                ? Name("工号或 PIN 不对，请等 \((waitMs + 999) / 1000) 秒再试。", "Code or PIN is wrong. Wait \((waitMs + 999) / 1000) s before the next try.")
                : Name("工号或 PIN 不对。", "Code or PIN is wrong.")
        case .Refused(_, let subject, _, _, let reason):
            Name("\(subject)：现在不能这样做（\(reason)）", "\(subject): not possible now (\(reason))")
        case .NotFound(let what):
            Name("此手机上没有 \(what)。请同步，或检查写法。", "\(what) is not on this phone. Sync, or look at how it is written.")
        case .BadInput(let what, let reason):
            Name("\(what) 不能用：\(reason)", "\(what) cannot be used: \(reason)")
        case .Network(let reason):
            Name("服务器没有回应：\(reason)", "No answer from the server: \(reason)")
        case .Revoked:
            Name("此手机已被停用。未上传的记录仍保存在手机上。", "This phone was revoked. What is not yet sent stays on it.")
        case .NeedsUpdate:
            Name("应用版本太旧，请更新。记录都在。", "The app is too old for its server. Update it; everything is kept.")
        case .NoSpace:
            Name("手机存储已满。之前的记录都在，请腾出空间再做一次。", "The phone is full. What was recorded is kept; free some space and do it again.")
        case .ForeignFolder(let folder, let found):
            Name("\(folder) 里有不属于此应用的“\(found)”。", "\(folder) holds “\(found)”, which is not of this app.")
        case .StoreClosed(_, let reason):
            Name("数据打不开：\(reason)", "The store does not open: \(reason)")
        case .StoreDamaged(let reason):
            Name("手机数据已损坏：\(reason)", "The phone's store is damaged: \(reason)")
        case .Failed(let doing, let reason):
            Name("没有完成：\(reason)", "\(doing) failed: \(reason)")
        }
    }
}
