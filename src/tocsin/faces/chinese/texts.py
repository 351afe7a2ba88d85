"""What is wrong in the texts that customers get, and in filling them."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # reading
    "the template '{name}' stands in two files": "模板 '{name}' 出现在两个文件中",
    "the field '{name}' stands in two files": "字段 '{name}' 出现在两个文件中",
    "'{key}' names nothing": "'{key}' 没有列出任何内容",
    "write each by its name": "请按名称列出",
    "write its texts": "请写出其文本",
    "the purpose of '{name}' is '{purpose}', not '{other}'": "'{name}' 的目的是 '{purpose}',不是 '{other}'",
    "give the text another name": "请为该文本另取名称",
    "'{name}' is not a whole number from 1 to 2000": "'{name}' 不是 1 至2000的整数",
    "'{name}' is not a whole number from 1 to 10": "'{name}' 不是 1 至10的整数",
    "'{name}' is not a list of texts": "'{name}' 不是文本列表",
    "write '- {{channels: […], en: …, zh: …}}'": "请写成如 '- {{channels: […], en: …, zh: …}}'",
    "a text is not written as names with values": "文本没有写成名称与值",
    "write channels, en and zh": "请写 'channels'、'en' 与 'zh'",
    "there is another text for '{channel}' already": "'{channel}' 已有另一文本",
    "name other channels or profiles": "请写其他渠道或适用方案",
    "it is for no channel": "没有写明渠道",
    "add 'channels: [sms]'": "请添加如 'channels: [sms]'",
    "'subject' is not said by language": "'subject' 没有按语言写出",
    # judging
    "'subject' is missing on '{channel}'": "渠道 '{channel}' 缺少 'subject'",
    "nobody says what stands in '{name}'": "没有写明 '{name}' 的内容",
    "add it to 'fields' with 'longest' and 'example'": "请加入 'fields',写明 'longest' 与 'example'",
    "'{name}' says nothing on '{channel}' in '{language}' under {profile}": "在 {profile} 下,'{name}' 在 '{channel}'、'{language}' 没有内容",
    "write what it says there, or leave it out": "请写出其内容,或不使用",
    "it takes up to {parts} text messages, and {most} are allowed": "最多需{parts}条短信,超出允许的{most}条",
    "shorten it, or allow more as 'segments'": "请缩短,或以 'segments' 放宽",
    # choosing and filling
    "there is no template '{name}'": "没有模板 '{name}'",
    "no text on the channel '{channel}' in the language '{language}' under {profile}": "在 {profile} 下,渠道 '{channel}'、语言 '{language}' 没有文本",
    "write one in the lender's own templates": "请在机构自有模板中编写",
    "'{name}' has no value": "'{name}' 没有值",
    "a text is not sent with a hole": "文本有空缺时不予发送",
    # folders and profiles
    "there are no templates in this folder": "此文件夹中没有模板",
    "write files that end in .yaml": "请编写以 .yaml 结尾的文件",
    "there is no profile '{name}'": "没有适用方案 '{name}'",
    "it tightens '{name}', not '{other}'": "它收紧的是 '{name}',不是 '{other}'",
    "name the same profile in both": "两处请写同一适用方案",
    "'--own' tightens one profile": "'--own' 只收紧一个适用方案",
    "name it with --profile": "请以 '--profile' 指明",
}
