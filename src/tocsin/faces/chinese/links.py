"""What is wrong in settings, and on the ways in and out of the live service. `{slot}` stands for what only a run knows."""

from __future__ import annotations

_SETTINGS = {
    "use small letters, digits, '-' and '_', a letter first": "请用小写字母、数字、'-' 与 '_',以字母开头",
    "unknown type of message '{text}'": "未知的消息类型 '{text}'",
    "'{text}' is not a mail address": "'{text}' 不是邮件地址",
    "write one as '{example}'": "请写成如 '{example}'",
    "this is not the name of an environment variable": "这不是环境变量的名称",
    "write a name in capitals, as {name:w}, and put the secret into that variable": "请写大写的名称,如 {name},并把密钥放入该变量",
    "the environment variable '{name}' is not set": "环境变量 '{name}' 没有设置",
    "set it before the start": "请在启动前设置",
    "the environment variable '{name}' holds no webhook secret": "环境变量 '{name}' 的内容不是回调的签名密钥",
    "set it to 24 to 64 random bytes in base64, as `{command}` makes them": "请设为24至64个随机字节,可用 `{command}` 生成",
    "this is not the address of a webhook": "这不是回调的地址",
    "a password stands in the address": "地址中含有密码",
    "take it out: messages are signed instead": "请删去:消息另有签名",
    "give the whole address in {name:w} instead": "请改用 {name} 给出完整的地址",
    "the address does not begin with 'https://'": "地址不以 'https://' 开头",
    "'http://' is for this machine alone": "'http://' 只限本机",
    "this names neither a database nor a file": "这既非数据库也非文件",
    "write '{address}', or the path of a file, as '{name}'": "请写成 '{address}',或文件的路径,如 '{name}'",
    "'{text}' is too short": "'{text}' 过短",
    "give at least '1 minute'": "请至少写 '1 minute'",
    "'user_env' and 'password_env' belong together": "'user_env' 与 'password_env' 须同时给出",
    "give both, or neither": "请都给出,或都不给",
    "the password would be sent for everybody on the way to read": "密码会以明文发送,途中任何人都能读到",
    "write 'starttls: true', or use port 465": "请写 'starttls: true',或使用465端口",
    "a destination is a webhook or a mailbox": "去处须是回调或邮箱之一",
    "give it one of 'webhook:' and 'mail:'": "请在 'webhook:' 与 'mail:' 中给出一个",
    "a webhook needs a secret to sign with": "回调须有签名用的密钥",
    "add 'secrets:' with the names of environment variables": "请添加 'secrets:',写出环境变量的名称",
    "only webhooks are signed": "只有回调才签名",
    "leave 'secrets' out": "请去掉 'secrets'",
    "two destinations are called '{name}'": "有两个去处同名 '{name}'",
}

_WAYS = {
    "the receiver answered {status}": "接收方回答 {status}",
    "the receiver answered 410: it wants no more messages": "接收方回答 410:不再接收消息",
    "the receiver did not answer within {count} seconds": "接收方在{count}秒内没有回答",
    "the receiver cannot be reached ({why})": "无法连接接收方({why})",
    "the mail server refused every recipient": "邮件服务器拒绝了全部收件人",
    "the mail server refused {count} of {of} recipients": "{of} 个收件人中有 {count} 个被邮件服务器拒绝",
    "the mail server does not take this user and password ({status})": "邮件服务器不接受此用户名与密码({status})",
    "the mail server answered {status}": "邮件服务器回答 {status}",
    "the mail server has no STARTTLS, or no login that is known here": "邮件服务器不支持 STARTTLS,或不支持此处可用的登录方式",
    "the mail server cannot be trusted ({why})": "邮件服务器不可信({why})",
    "the mail server cannot be reached ({why})": "无法连接邮件服务器({why})",
    "move the file back to try again": "请将文件移回以便重试",
}

SENTENCES: dict[str, str] = _SETTINGS | _WAYS
