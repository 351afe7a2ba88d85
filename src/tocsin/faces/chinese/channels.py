"""What is wrong with channels to persons: in their settings, on the way out, in receipts, in the sandbox."""

from __future__ import annotations

_SETTINGS = {
    "this is not the address of a provider": "这不是服务商的地址",
    "take it out: 'token' names the variable that holds it": "请删去:由 'token' 写出存放它的环境变量",
    "{text} is no time zone": "{text} 不是时区",
    "write a name of the IANA, as '{example}'": "请写 IANA 时区名,如 '{example}'",
    "a channel is a provider, a mail server or a folder": "渠道须是服务商、邮件服务器或文件夹之一",
    "give it one of 'provider:', 'mail:' and 'folder:'": "请在 'provider:'、'mail:' 与 'folder:' 中给出一个",
    "only e-mail goes by a mail server": "只有邮件才经邮件服务器发出",
    "only letters go to a folder": "只有信函才放入文件夹",
    "give it a 'provider:'": "请给出 'provider:'",
    "a provider needs a token": "服务商须有令牌",
    "add 'token:' with the name of an environment variable": "请添加 'token:',写出环境变量的名称",
    "only a provider has '{key}'": "只有服务商才有 '{key}'",
    "leave '{key}' out": "请去掉 '{key}'",
    "letters need a letterhead": "信函须有信头",
    "add 'letterhead:' with the lines of the sender in 'zh' and 'en'": "请添加 'letterhead:',在 'zh' 与 'en' 下逐行写出寄件人",
    "there is no font {text}": "没有字体文件 {text}",
    "name a TrueType or OpenType file": "请给出 'TrueType' 或 'OpenType' 文件",
}

_WAYS = {
    "the provider refused it ({status})": "服务商拒绝了该消息({status})",
    "the mail server refused the recipient": "邮件服务器拒绝了收件人",
    "the mail server refused the mail": "邮件服务器拒绝了该邮件",
    "this is not one mail address": "这不是单个邮件地址",
    "this is no message to a person": "这不是发给客户的消息",
    "this channel is not set up": "该渠道没有设置",
    "it may not be sent any more ({objection})": "不再允许发送({objection})",
    "it could not be handed over within 15 minutes": "未能在15分钟内送出",
    "it could not be handed over within 15 minutes ({why})": "未能在15分钟内送出({why:zh})",
    "the letter cannot be written ({why})": "信函无法写入({why:zh})",
    "the font has no table of characters": "该字体没有字符表",
    "the licence of the font does not let it be embedded": "该字体的许可不允许嵌入文件",
    "the font cannot be read ({why})": "无法读取字体({why})",
}

_RECEIPTS = {
    "no secret of this channel signed it": "没有用该渠道的密钥签名",
    "sign it by Standard Webhooks, within 5 minutes, with a secret of its channel": "请按 'Standard Webhooks' 在5分钟内用该渠道的密钥签名",
    "check the clock of the sender": "请检查发送方的时钟",
}

_SANDBOX = {
    "the sandbox has no token": "沙箱没有令牌",
    "set it to any text, and give Tocsin the same": "请设为任意文本,并在 Tocsin 中使用同一个",
    "receipts need an address and a secret": "发送回执须有地址与密钥",
    "use /messages or /outcomes": "请使用 '/messages' 或 '/outcomes'",
    "this is not the token of the sandbox": "这不是沙箱的令牌",
    "send it as Bearer": "请以 'Bearer' 发送",
    "there is no Idempotency-Key": "没有 'Idempotency-Key'",
    "send the id of the attempt": "请发送该次联系的编号",
    "this Idempotency-Key came with another message": "此 'Idempotency-Key' 曾用于另一条消息",
    "use a key of its own": "请为每条消息使用不同的键",
    "this number does not exist": "该号码不存在",
    "its ending, 0001, asks for this answer": "末四位 0001 即要求如此应答",
    "a fault, as asked for": "按要求出错",
    "send it again": "请重新发送",
    "there is nowhere to send receipts to": "没有可发送回执的地址",
    "start the sandbox with --receipts-to": "请以 --receipts-to 启动沙箱",
    "no message '{id}' was taken here": "此处没有收到消息 '{id}'",
    "GET /messages lists them": "可用 'GET /messages' 列出",
}

SENTENCES: dict[str, str] = _SETTINGS | _WAYS | _RECEIPTS | _SANDBOX
