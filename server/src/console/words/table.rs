//! The table itself: key, Chinese, English.

use super::Language;

macro_rules! words {
    ($($key:ident: $zh:literal, $en:literal;)*) => {
        /// The words of one language.
        #[derive(Debug)]
        pub struct Words {
            /// Which language these are.
            pub language: Language,
            $(#[doc = concat!("`", $en, "`")] pub $key: &'static str,)*
        }

        impl Words {
            pub(super) const ZH: Words = Words { language: Language::Zh, $($key: $zh,)* };
            pub(super) const EN: Words = Words { language: Language::En, $($key: $en,)* };

            /// Key, Chinese, English.
            #[cfg(test)]
            pub(in crate::console) fn table() -> Vec<(&'static str, &'static str, &'static str)> {
                vec![$((stringify!($key), $zh, $en),)*]
            }
        }
    };
}

words! {
    // The frame.
    product: "Rounds", "Rounds";
    skip_to_content: "跳到正文", "Skip to content";
    nav_name: "主导航", "Main";
    nav_board: "看板", "Board";
    nav_set_aside: "待处理", "Set aside";
    nav_phones: "手机", "Phones";
    nav_people: "人员", "People";
    density_compact: "紧凑", "Compact";
    density_comfortable: "宽松", "Comfortable";
    sign_out: "退出", "Sign out";

    // Keys.
    keys: "快捷键", "Keys";
    keys_next: "下一行", "Next line";
    keys_previous: "上一行", "Previous line";
    keys_open: "打开", "Open it";
    keys_accept: "通过当前项", "Accept the item";
    keys_return: "退回当前项", "Return the item";
    keys_search: "搜索", "Search";
    keys_help: "显示快捷键", "Show these keys";
    keys_on: "启用单键快捷键", "Single keys work";
    keys_close: "关闭", "Close";

    // Times.
    span_seconds: "{a} 秒", "{a} s";
    span_minutes: "{a} 分钟", "{a} min";
    span_hours: "{a} 小时", "{a} h";
    span_hours_minutes: "{a} 小时 {b} 分钟", "{a} h {b} min";
    span_days: "{a} 天", "{a} d";
    span_days_hours: "{a} 天 {b} 小时", "{a} d {b} h";
    ago: "{span}前", "{span} ago";
    just_now: "刚刚", "just now";
    never: "从未", "never";
    today: "今天", "Today";
    yesterday: "昨天", "Yesterday";
    date: "{month}月{day}日", "{day} {month}";
    date_year: "{year}年{month}月{day}日", "{day} {month} {year}";
    for_span: "已 {span}", "for {span}";
    list_joint: "、", ", ";

    // States.
    state_open: "待派单", "Open";
    state_assigned: "已派单", "Assigned";
    state_accepted: "已接单", "Accepted";
    state_travelling: "前往中", "On the way";
    state_on_site: "已到场", "On site";
    state_in_progress: "处理中", "In progress";
    state_on_hold: "挂起", "On hold";
    state_done: "已完工", "Done";
    state_in_review: "待审核", "In review";
    state_rework: "返工", "Rework";
    state_cannot_complete: "无法完成", "Cannot complete";
    state_closed: "已关闭", "Closed";
    state_cancelled: "已取消", "Cancelled";

    // Clocks.
    promise_respond: "{time} 前响应", "Respond by {time}";
    promise_arrive: "{time} 前到场", "Arrive by {time}";
    promise_restore: "{time} 前恢复", "Restore by {time}";
    promise_close: "{time} 前关闭", "Close by {time}";
    clock_left: "剩余 {span}", "{span} left";
    clock_late: "超时 {span}", "{span} late";
    clock_met: "按时，提前 {span}", "met, {span} to spare";
    clock_met_late: "已完成，超时 {span}", "done, {span} late";
    clock_paused: "暂停，剩余 {span}", "paused, {span} left";
    clock_paused_late: "暂停，已超时 {span}", "paused, {span} late";
    clock_used: "已用时间", "time used";
    waits_taker: "等人接单", "waits for somebody to take it";
    waits_accept: "等 {name} 接单", "waits for {name} to accept";
    waits_start: "等 {name} 开工", "waits for {name} to start";
    waits_work: "{name} 处理中", "{name} is working on it";
    waits_submit: "等 {name} 提交", "waits for {name} to hand it in";
    waits_review: "等待审核", "waits for review";
    waits_rework: "等 {name} 返工", "waits for {name} to redo it";
    waits_decision: "等待决定", "waits for a decision";
    waits_parts: "等配件", "waits for parts";
    waits_access: "等进场", "waits for access";
    waits_customer: "等报修人", "waits for the requester";
    waits_weather: "等天气", "waits for the weather";
    waits_permit: "等许可", "waits for a permit";
    waits_other: "另有原因", "waits for another reason";

    // The board.
    board: "看板", "Board";
    counts_name: "分组数量", "Counts by group";
    group_review: "等您处理", "Waits for you";
    group_late: "超时", "Late";
    group_in_progress: "处理中", "In progress";
    group_on_hold: "挂起", "On hold";
    group_open: "待开工", "Not started";
    group_final: "已结束", "Finished";
    search: "搜索", "Search";
    search_hint: "编号、名称、位置、人员", "Number, name, place, person";
    filter_state: "状态", "State";
    filter_person: "人员", "Person";
    filter_any: "全部", "All";
    filter_apply: "筛选", "Show";
    filter_clear: "清除筛选", "Show everything";
    nobody: "无人", "nobody";
    held_one: "{n} 条待定", "{n} held";
    held_many: "{n} 条待定", "{n} held";
    files_missing_one: "{n} 张照片未上传", "{n} photo not here yet";
    files_missing_many: "{n} 张照片未上传", "{n} photos not here yet";
    board_empty: "还没有工单", "No orders yet";
    board_empty_why: "手机上或此处新建的工单，到达后立即显示在这里。", "An order raised on a phone appears here as soon as it arrives.";
    board_nothing: "没有符合条件的工单", "Nothing matches";
    board_nothing_why: "换个词，或清除筛选。", "Try another word, or show everything.";

    // Phones.
    phone_heard: "{prefix} · {ago}联系过", "{prefix} · heard {ago}";
    phone_silent: "{prefix} · 失联 {span}", "{prefix} · silent for {span}";
    phone_never: "{prefix} · 从未联系", "{prefix} · never heard from";
    phone_pending: "等待注册", "waits to be enrolled";
    phone_revoked: "已吊销", "revoked";
    queue_unknown: "未知", "unknown";
    queue_was_received: "上次联系时已全部接收", "all received when last heard from";
    queue_received: "已全部接收", "all received";
    queue_told: "{ago}上报", "told {ago}";
    queue_of: "{name}：{n} 条", "{name}: {n}";
    queue_problem: "{ago}出错：{says}", "last error {ago}: {says}";
    queue_waiting_one: "{n} 条待上传 · 最早 {span}", "{n} waiting · oldest {span}";
    queue_waiting_many: "{n} 条待上传 · 最早 {span}", "{n} waiting · oldest {span}";
    phones: "手机", "Phones";
    phones_lead: "每部手机上次联系的时间，以及当时还有多少未上传。", "When each phone was last heard from, and what it still held then.";
    phones_empty: "还没有手机", "No phones yet";
    phones_empty_why: "点“注册新手机”，用手机扫码。", "Choose “Enrol a phone” and scan the code with it.";
    phone_model: "名称", "Name";
    phone_person: "使用人", "Person";
    phone_contact: "上次联系", "Last contact";
    phone_queue: "上传情况", "Queue";
    phone_enrolled: "注册", "Enrolled";
    phone_prefix: "前缀", "Prefix";
    phone_actions: "操作", "Actions";
    enrol: "注册新手机", "Enrol a phone";
    enrol_again: "再注册一部", "Enrol another phone";
    enrol_scan: "在新手机上打开 Rounds，扫此码。", "Open Rounds on the new phone and scan this code.";
    enrol_type: "或输入服务器和代码", "Or type the server and the code";
    enrol_server: "服务器", "Server";
    enrol_code: "代码", "Code";
    enrol_once: "此码只能用一次。", "The code works once.";
    code_left: "还剩 {span}，到 {time} 失效", "{span} left, ends at {time}";
    code_over: "已失效，请重新生成", "ended; make a new one";
    qr_name: "注册二维码", "Enrolment QR code";
    revoke: "吊销", "Revoke";
    revoke_phone: "吊销手机 {prefix}", "Revoke phone {prefix}";
    revoke_phone_why: "手机将停止工作；未上传的记录封存保留。此操作不能撤销。", "The phone stops. What it has not sent stays sealed on it. This cannot be undone.";

    // People.
    people: "人员", "People";
    people_lead: "谁能做什么。", "Who may do what.";
    people_empty: "还没有人员", "Nobody yet";
    person_name: "姓名", "Name";
    person_code: "登录名", "Sign-in name";
    person_password: "控制台密码（可选）", "Console password (if any)";
    person_role: "角色", "Role";
    person_pin: "PIN（4 到 8 位数字）", "PIN (4 to 8 digits)";
    person_state: "状态", "State";
    person_active: "在用", "active";
    person_revoked: "已停用", "revoked";
    person_add: "添加人员", "Add a person";
    person_admitted: "{name} 在手机 {prefix} 上放行：{why} · {ago}", "admitted by {name} on {prefix}: {why} · {ago}";
    admit_first: "首次登录", "first sign-in";
    admit_locked_out: "PIN 输错被锁", "locked out by wrong PINs";
    admit_lease_over: "离线期限已过", "lease over";
    admit_new_pin: "重设本机 PIN", "new PIN for the phone";
    revoke_short: "停用", "Revoke";
    revoke_person: "停用 {name}", "Revoke {name}";
    revoke_person_why: "此人不能再登录；已做的记录全部保留。", "This person can no longer sign in. What was recorded stays.";
    role_guard: "巡逻员", "Guard";
    role_technician: "维修工", "Technician";
    role_supervisor: "主管", "Supervisor";
    role_admin: "管理员", "Admin";

    // Signing in.
    sign_in: "登录", "Sign in";
    sign_in_lead: "主管和管理员用控制台。", "The desk of supervisors and admins.";
    sign_in_name: "登录名", "Sign-in name";
    sign_in_password: "密码", "Password";
    sign_in_wrong: "登录名与密码不符。请再试一次，或请管理员重设。", "Sign-in name and password do not match. Try again, or ask an admin for a new password.";
    sign_in_too_many: "尝试次数过多。请 {span}后再试。", "Too many tries. Try again in {span}.";
    sign_in_over: "登录已过期，请重新登录。", "Your session ended. Sign in again.";
    sign_in_no_desk: "您的角色使用手机，没有控制台。", "Your role works on the phone and has no desk here.";

    // The order.
    order_back: "返回看板", "Back to the board";
    order_asset: "设备", "Asset";
    order_place: "位置", "Place";
    order_holder: "负责人", "Holder";
    order_assistants: "协助", "Assisted by";
    order_waits: "现状", "Now";
    order_clocks: "时限", "Promised";
    order_facts: "工单信息", "Facts";
    evidence: "佐证", "Evidence";
    evidence_empty: "没有需要审核的照片", "No photos to review";
    evidence_empty_why: "工单要求的整改前后照片，拍摄后显示在这里。", "Before and after photos appear here once they are taken.";
    slot_before: "整改前", "Before";
    slot_after: "整改后", "After";
    slot_during: "过程", "During";
    slot_reading: "读数", "Reading";
    slot_nameplate: "铭牌", "Nameplate";
    slot_scene: "现场", "Scene";
    slot_signature: "签名", "Signature";
    slot_earlier: "先前", "Earlier";
    required: "必需", "required";
    optional: "可选", "optional";
    picture_alt: "{slot}：{item}，{name} 拍摄", "{slot}: {item}, taken by {name}";
    received_at: "{time} 收到", "received {time}";
    only_thumbnail: "目前只有缩略图", "only the thumbnail so far";
    only_view: "原图尚未到达", "the original is not here yet";
    hash_name: "原图 SHA-256", "SHA-256 of the original";
    interval: "前后相隔 {span}", "{span} between the two";
    compare: "对比方式", "Compare";
    compare_side: "并排", "Side by side";
    compare_slide: "滑动", "Slide";
    compare_slider: "拖动对比整改前后", "Slide between before and after";
    frame_on_phone: "照片还在手机上", "Still on the phone";
    frame_on_phone_why: "{name} 于 {time} 用手机 {prefix} 拍摄，尚未到达服务器。", "Taken by {name} at {time} on phone {prefix}; not yet on the server.";
    frame_lost: "没有找到照片", "No picture was found";
    frame_lost_why: "{name} 于 {time} 在手机 {prefix} 上打开了相机，但之后没有找到照片。", "{name} opened the camera at {time} on phone {prefix}; no picture was found afterwards.";
    frame_not_taken: "尚未拍摄", "Not taken yet";
    frame_not_taken_why: "还没有人拍这张照片。", "Nobody has taken this photo.";
    earlier_one: "{n} 张先前的照片", "{n} earlier photo";
    earlier_many: "{n} 张先前的照片", "{n} earlier photos";
    review_waiting: "待审核", "Waits for review";
    review_accepted: "已通过", "Accepted";
    review_returned: "已退回", "Returned";
    accepted_by: "{name} 于 {time} 通过", "accepted by {name}, {time}";
    returned_by: "{name} 于 {time} 退回", "returned by {name}, {time}";
    accept: "通过", "Accept";
    accept_unseen: "未见照片也通过", "Accept unseen";
    accept_item_unseen: "未见照片也通过：{item}", "Accept unseen: {item}";
    return_what: "退回哪张", "What goes back";
    return_whole: "整项", "Both photos";
    return_it: "退回…", "Return…";
    accept_item: "通过：{item}", "Accept: {item}";
    return_item: "退回：{item}", "Return: {item}";
    return_reason: "退回原因", "Why it goes back";
    return_reason_hint: "维修工会看到这句话。", "The technician reads this.";
    return_now: "退回此项", "Return this item";
    reasons_name: "常用原因", "Common reasons";
    reason_blurred: "照片模糊", "The photo is blurred";
    reason_standpoint: "拍摄角度与整改前不同", "Not the same standpoint as before";
    reason_not_shown: "看不出已修好", "The repair cannot be seen";

    // Deciding.
    decision: "审核结论", "Decision";
    progress: "必需项已通过 {done} / {all}", "{done} of {all} required items accepted";
    close: "关闭工单", "Close order";
    close_ready: "必需项已全部通过，可以关闭。", "Every required item is accepted. You can close the order.";
    close_blocked: "暂不能关闭：", "Not ready to close:";
    send_back: "退回返工", "Send back";
    send_back_why: "只退回被退回的项，已通过的保留。", "Only what was returned goes back; what was accepted stays.";
    close_without: "佐证不全，仍要关闭…", "Close without full evidence…";
    close_without_why: "这是第二次决定，会连同您的姓名和理由写入时间线。", "This is a second decision. It stands in the timeline with your name and reason.";
    close_without_reason: "为什么可以不要佐证", "Why it may close without it";
    close_without_now: "记录决定并关闭", "Record the decision and close";
    blocker_not_reviewed: "“{item}”还没有审核", "“{item}” is not reviewed yet";
    blocker_returned: "“{item}”已退回", "“{item}” was returned";
    blocker_before: "“{item}”缺整改前照片", "“{item}” has no before photo here";
    blocker_after: "“{item}”缺整改后照片", "“{item}” has no after photo here";
    blocker_files: "“{item}”的照片文件还没有全部到达", "“{item}”: not every file has arrived";
    blocker_held: "有待定的操作等您选择", "held actions wait for your choice";
    right_not_in_review: "此工单目前不在审核中。", "This order is not in review now.";
    right_own_work: "您参与了这张工单的处理，须由另一位主管审核。", "You worked on this order, so another supervisor must review it.";
    right_role: "您的角色不能审核。", "Your role does not review.";

    // Held actions.
    held_title: "已保留，未生效", "Kept, without effect so far";
    held_title_choose: "待定：已保留，等您选择", "Held: kept, and waiting for your choice";
    held_choose: "请选择", "Choose";
    held_words: "说明（可选，写入时间线）", "In words, if any; the timeline shows it";
    held_illegal_now: "到达太晚", "came too late";
    held_asset_retired: "设备已报废", "asset retired";
    held_seen_unknown: "所见版本不明", "seen version unknown";
    held_second_completion: "第二次完工", "second completion";
    held_late_addition: "关闭后的补充", "work after closing";
    held_rights_changed: "权限已变更", "rights changed";
    held_illegal_now_why: "{name} 操作时这样做没有错，但工单在此期间已经变化。记录和照片都已保留。", "When {name} did this it was right; the order has changed since. The record and its photos are kept.";
    held_second_completion_why: "{first} 先完工；{name} 当时没有网络，不知道，也完工了。两份记录和照片都已保留。", "{first} completed the order first. {name} was offline, could not know, and completed it too. Both records and their photos are kept.";
    held_late_addition_why: "{name} 做这件事时还不知道工单已经结束。记录和照片已附上。", "{name} did not know that the order was over. The work and its photos are attached.";
    held_rights_changed_why: "{name} 的权限在离线期间被变更。记录已保留。", "The rights of {name} changed while the phone was offline. The record is kept.";
    held_asset_retired_why: "{name} 做这件事时还不知道设备已报废。记录已保留。", "{name} did not know that the asset was retired. The record is kept.";
    held_seen_unknown_why: "服务器已没有 {name} 当时看到的版本，无法自动判断。记录已保留。", "The server no longer knows what {name} was looking at and cannot decide by itself. The record is kept.";
    somebody_else: "另一人", "Somebody else";
    choice_keep_first: "以 {first} 的为准，{name} 记为协助", "Keep the completion of {first}; {name} assisted";
    choice_take_this: "以 {name} 的为准", "Take the completion of {name}";
    choice_reopen: "重新打开工单", "Open the order again";
    choice_keep_closed: "保持关闭", "Keep it closed";
    choice_apply: "采用", "Let it count";
    choice_leave_aside: "不采用，保留记录", "Leave it aside";

    // What was set aside.
    set_aside: "待处理", "Set aside";
    set_aside_lead: "已保留但未生效的操作：等人决定、被拒、或等候其他操作。没有一条会被悄悄丢弃。", "Actions that are kept and have no effect so far: held for a decision, rejected, or waiting for others. None is ever dropped silently.";
    set_aside_empty: "没有待处理的操作", "Nothing is set aside";
    set_aside_empty_why: "手机送来的操作都已生效；若有一条不能生效，会显示在这里。", "Everything the phones sent took effect. What cannot, appears here.";
    set_aside_what: "操作", "Action";
    set_aside_where: "对象", "About";
    set_aside_age: "已等候", "Waiting";
    set_aside_why: "原因", "Why";
    set_aside_do: "处理", "What to do";
    set_aside_held: "待定", "held";
    set_aside_rejected: "被拒", "rejected";
    set_aside_parked: "等候", "waiting";
    set_aside_stuck: "未能判定", "not decidable here";
    parked_why_one: "等候 {n} 个尚未到达或未生效的操作", "waits for {n} action that has not come or has no effect yet";
    parked_why_many: "等候 {n} 个尚未到达或未生效的操作", "waits for {n} actions that have not come or have no effect yet";
    stuck_why: "服务器无法判定；升级后会自动重试。", "The server could not decide it; it tries again after an update.";
    repair_on_phone: "{name} 可在手机 {prefix} 上补正后重发。", "{name} can repair it on phone {prefix}.";
    discard_short: "放弃…", "Give up…";
    discard_why: "操作不会生效，内容和指纹仍留在日志里。此操作不能撤销。", "It will have no effect. Its content and hash stay in the log. This cannot be undone.";
    discard_reason: "为什么放弃", "Why it is given up";
    discard_now: "放弃此操作", "Give this action up";
    alarms: "需要查看", "To look into";
    alarms_lead: "不是丢失：原样保留，但说明某处不正常。", "Nothing is lost by these: everything is kept as it came, but something is not as it should be.";
    alarm_forks: "手机 {prefix} 的日志分叉：可能有一份副本在工作", "The log of phone {prefix} forks: a copy of it may be at work";
    alarm_forks_do: "吊销此手机并重新注册。", "Revoke this phone and enrol it anew.";
    alarm_other_bytes: "手机 {prefix} 用同一编号送来了不同内容", "Phone {prefix} sent other content under a number that is taken";
    alarm_other_bytes_do: "两份都已保留；请检查此手机。", "Both are kept; have this phone looked at.";
    alarm_unreadable: "手机 {prefix} 送来无法读取的操作", "Phone {prefix} sent an action that cannot be read";
    alarm_unreadable_do: "已原样保留；升级服务器后可再读。", "It is kept as it came; a newer server may read it.";
    alarm_other: "服务器自身出错", "A fault of the server itself";
    alarm_other_do: "记录未受影响；请把这一行告诉管理员。", "Nothing recorded is affected; tell the operator this line.";
    alarm_when: "时间", "When";
    alarm_what: "情况", "What";
    alarm_do: "怎么办", "What to do";

    // The timeline.
    timeline: "时间线", "Timeline";
    timeline_empty: "还没有记录", "Nothing yet";
    on_phone: "手机 {prefix}", "phone {prefix}";
    wall_said: "手机时钟 {time}", "phone clock said {time}";
    estimated: "真实时间 {time} ± {span}", "true time {time} ± {span}";
    received_later: "{time} 收到（+{span}）", "received {time} (+{span})";
    outcome_held: "待定：{why}", "held: {why}";
    outcome_assisted: "记为协助", "as assistance";
    outcome_offered: "供选择", "offered";
    outcome_was_offered: "已选定", "chosen since";
    assisted_why: "另一人先接了单；{name} 的工作记为协助，全部保留。", "Somebody else had the order first. The work of {name} counts as help and is kept.";
    offered_why: "两人同时修改，先收到的保留；此后已有人选定。", "Two people set it at the same time; the first received stayed. Somebody has chosen since.";
    offer_say: "{item}：两人同时修改，不知谁在后。现为“{stands}”，另一个是“{value}”。", "{item}: two people set it at the same time and nobody can say who was later. It stands at “{stands}”; the other is “{value}”.";
    offer_take: "改为“{value}”", "Use “{value}”";
    offer_keep: "保留“{value}”", "Keep “{value}”";
    ended_settled: "{who} 已决定：{item}", "{who} decided: {item}";
    ended_repaired: "{who} 已用新操作补正", "{who} repaired it with a new action";
    ended_discarded: "{who} 已放弃此操作", "{who} gave it up";
    field_priority: "优先级", "Priority";
    field_deadline: "期限", "Deadline";
    field_title: "标题", "Title";
    priority_low: "低", "low";
    priority_normal: "普通", "normal";
    priority_high: "高", "high";
    priority_urgent: "紧急", "urgent";
    deadline_none: "无期限", "no deadline";
    outcome_rejected: "未采用", "not applied";
    act_raised: "{who} 报修", "{who} raised the order";
    act_assigned: "{who} 派单给 {name}", "{who} assigned it to {name}";
    act_grabbed: "{who} 抢单", "{who} took the order";
    act_accepted: "{who} 接单", "{who} accepted it";
    act_declined: "{who} 拒单", "{who} declined it";
    act_travelled: "{who} 出发", "{who} set out";
    act_arrived: "{who} 到场", "{who} arrived";
    act_started: "{who} 开工", "{who} started work";
    act_assisted: "{who} 协助", "{who} assisted";
    act_held: "{who} 挂起：{item}", "{who} put it on hold: {item}";
    act_resumed: "{who} 恢复处理", "{who} went on";
    act_completed: "{who} 完工", "{who} completed the work";
    act_cannot_complete: "{who} 报告无法完成", "{who} could not complete it";
    act_submitted: "{who} 提交审核", "{who} handed it in for review";
    act_photo: "{who} 拍照：{item}（{name}）", "{who} took a photo: {item} ({name})";
    act_commented: "{who} 备注", "{who} wrote";
    act_item_accepted: "{who} 通过：{item}", "{who} accepted: {item}";
    act_item_returned: "{who} 退回：{item}", "{who} returned: {item}";
    act_sent_back: "{who} 退回返工", "{who} sent it back";
    act_closed: "{who} 关闭工单", "{who} closed the order";
    act_closed_without: "{who} 在佐证不全时关闭工单", "{who} closed the order without full evidence";
    act_cancelled: "{who} 取消工单", "{who} cancelled the order";
    act_reopened: "{who} 重新打开工单", "{who} opened it again";
    act_changed: "{who} 修改{item}：{name}", "{who} changed {item}: {name}";
    act_archived: "已归档，不再出现在手机上", "Archived: no longer on phones";
    act_other: "{who}：{name}", "{who}: {name}";
    act_held_decided: "{who} 对 {name} 的待定操作作出决定：{item}", "{who} decided the held action of {name}: {item}";
    act_admitted: "{who} 在本机放行 {name}：{item}", "{who} admitted {name} on the phone: {item}";
    act_discarded: "{who} 放弃了 {name} 的操作", "{who} gave up an action of {name}";

    // Why something was not applied.
    reject_illegal: "当前状态下不能这样做。", "This is not possible in the present state.";
    reject_no_right: "此人在这里无权这样做。", "This person may not do that here.";
    reject_own_work: "做这项工作的人不能审核它。", "Whoever did the work may not judge it.";
    reject_not_found: "所指的对象不存在。", "The thing named does not exist.";
    reject_exists: "已经有一个了。", "There is one already.";
    reject_bad_field: "有一项为空、过长或无法识别。", "A field is empty, too long or not understood.";
    reject_reason_missing: "需要写明原因。", "A reason is needed.";
    reject_evidence_missing: "缺少必需的照片。", "A required picture is missing.";
    reject_items_open: "还有必需项没有通过。", "A required item is not accepted yet.";
    reject_asset_retired: "设备已报废。", "The equipment is retired.";
    reject_unknown_action: "此版本不认识这种操作。", "This version does not know the action.";
    reject_not_set_aside: "所指的操作既未待定，也未被拒。", "The action named is neither held nor rejected.";
    reject_settled: "已有人处理过了。", "Somebody has settled it already.";
    reject_after: "它所依赖的操作已被放弃。", "What it depends on was given up.";

    // What just happened.
    notice_item_accepted: "已通过：{item}", "Accepted: {item}";
    notice_item_returned: "已退回：{item}", "Returned: {item}";
    notice_sent_back: "{number} 已退回返工", "{number} was sent back";
    notice_closed: "{number} 已关闭", "{number} is closed";
    notice_held_decided: "选择已记录", "Your choice is recorded";
    notice_discarded: "操作已放弃，已记录在案", "The action is given up, on record";
    notice_chosen: "已选定", "The value is chosen";
    notice_phone_revoked: "手机 {prefix} 已吊销", "Phone {prefix} is revoked";
    notice_person_added: "{name} 已添加", "{name} was added";
    notice_person_revoked: "{name} 已停用", "{name} is revoked";

    // What went wrong.
    go_back: "返回", "Go back";
    not_found: "没有找到", "Not found";
    not_found_why: "没有“{what}”，或者您无权查看。", "There is no “{what}”, or you may not see it.";
    not_found_next: "请检查编号，或在看板上搜索。", "Check the number, or search for it on the board.";
    not_allowed: "不允许", "Not allowed";
    not_allowed_why: "您的角色不能这样做。", "Your role may not do this.";
    not_allowed_next: "如有需要，请联系管理员。", "Ask an admin if you need it.";
    stale_form: "页面已过期", "This page is out of date";
    stale_form_why: "表单来自之前的登录，未作任何更改。", "The form is from an earlier session. Nothing was changed.";
    stale_form_next: "请返回并刷新，然后重试。", "Go back, reload the page, and try again.";
    refused: "没有执行", "This was not done";
    refused_next: "未作任何更改。请返回查看现状。", "Nothing was changed. Go back and look at how it stands now.";
    kept: "已保留，未生效", "Kept, without effect so far";
    kept_next: "工单在此期间已经变化。请返回查看现状。", "Things had moved on. Go back and look at how they stand now.";
    bad_input: "请检查填写内容", "Check what you wrote";
    bad_input_why: "{field}：{why}", "{field}: {why}";
    bad_input_next: "请返回修改后再提交。", "Go back, correct it, and send it again.";
    broken: "出错了", "Something broke";
    broken_why: "服务器未能完成，记录未受影响。编号 {reference}。", "The server could not finish. Nothing recorded is affected. Reference {reference}.";
    broken_next: "请稍后重试；若仍然如此，请把编号告诉管理员。", "Try again in a moment; if it stays, tell the operator the reference.";
}
