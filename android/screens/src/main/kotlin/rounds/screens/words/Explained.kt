package rounds.screens.words

import rounds.phone.PhoneException

/** What went wrong and what to do, in both languages. The core names things and reasons; the words are these. */
fun explained(error: PhoneException): Name = when (error) {
    is PhoneException.NotEnrolled -> Name("此手机还没有注册。请扫描控制台上的注册码。", "This phone is not enrolled. Scan an enrolment code from the console.")
    is PhoneException.AlreadyEnrolled -> Name("此手机已在 ${error.server} 注册。", "This phone is enrolled at ${error.server} already.")
    is PhoneException.EnrolRefused -> Name("注册被拒绝：${error.reason}", "The enrolment was refused: ${error.reason}")
    is PhoneException.NeedsSignIn -> Name("没有人登录。请用工号和 PIN 登录。", "Nobody is signed in. Sign in with your code and PIN.")
    is PhoneException.NeedsConnection -> Name("${error.code} 这次需要网络，或由主管在本机放行：${error.reason}", "${error.code} needs a connection, or a supervisor on this phone: ${error.reason}")
    is PhoneException.WrongPin -> wrongPin((error.waitMs + 999) / 1000)
    is PhoneException.Refused -> Name("${error.subject}：现在不能这样做（${error.reason}）", "${error.subject}: not possible now (${error.reason})")
    is PhoneException.NotFound -> Name("此手机上没有 ${error.what}。请同步，或检查写法。", "${error.what} is not on this phone. Sync, or look at how it is written.")
    is PhoneException.BadInput -> Name("${error.what} 不能用：${error.reason}", "${error.what} cannot be used: ${error.reason}")
    is PhoneException.Network -> Name("服务器没有回应：${error.reason}", "No answer from the server: ${error.reason}")
    is PhoneException.Revoked -> Name("此手机已被停用。未上传的记录仍保存在手机上。", "This phone was revoked. What is not yet sent stays on it.")
    is PhoneException.NeedsUpdate -> Name("应用版本太旧，请更新。记录都在。", "The app is too old for its server. Update it; everything is kept.")
    is PhoneException.NoSpace -> Name("手机存储已满。之前的记录都在，请腾出空间再做一次。", "The phone is full. What was recorded is kept; free some space and do it again.")
    is PhoneException.ForeignFolder -> Name("${error.folder} 里有不属于此应用的“${error.found}”。", "${error.folder} holds “${error.found}”, which is not of this app.")
    is PhoneException.StoreClosed -> Name("数据打不开：${error.reason}", "The store does not open: ${error.reason}")
    is PhoneException.StoreDamaged -> Name("手机数据已损坏：${error.reason}", "The phone's store is damaged: ${error.reason}")
    is PhoneException.Failed -> Name("没有完成：${error.reason}", "${error.doing} failed: ${error.reason}")
}

private fun wrongPin(seconds: Long): Name =
    if (seconds > 0) Name("工号或 PIN 不对，请等 $seconds 秒再试。", "Code or PIN is wrong. Wait $seconds s before the next try.")
    else Name("工号或 PIN 不对。", "Code or PIN is wrong.")
