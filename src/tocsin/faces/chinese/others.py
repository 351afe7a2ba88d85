"""What the command line says, and what libraries say through it: the shell, YAML, pydantic, typer."""

from __future__ import annotations

_COMMANDS = {
    "'{text}' is not a day": "'{text}' 不是日期",
    "write it as {example}": "请写成 {example}",
    "stopped": "已中止",
    "nothing was written": "未写出任何结果",
    "memory ran out": "内存不足",
    "use a machine with more, or a policy with shorter windows": "请换用内存更大的机器,或缩短策略的时间窗",
    "free space or choose another place": "请腾出空间或另选位置",
    "a fault in Tocsin ({error})": "Tocsin 内部故障({error})",
    "run again with TOCSIN_DEBUG=1 and report what it prints": "请设置 TOCSIN_DEBUG=1 重新运行,并反馈其输出",
    "see `{command}`": "请参阅 `{command}`",
}

_SHELL = {  # os.strerror
    "permission denied": "没有权限",
    "operation not permitted": "不允许此操作",
    "no such file or directory": "没有这个文件或文件夹",
    "not a directory": "不是文件夹",
    "is a directory": "是文件夹",
    "file exists": "文件已存在",
    "file name too long": "文件名过长",
    "file too large": "文件过大",
    "no space left on device": "磁盘空间不足",
    "disk quota exceeded": "超出磁盘配额",
    "read-only file system": "文件系统只读",
    "too many open files": "打开的文件过多",
    "too many levels of symbolic links": "符号链接层数过多",
    "input/output error": "读写出错",
    "cannot allocate memory": "无法分配内存",
    "address already in use": "地址已被占用",
    "cannot assign requested address": "本机没有该地址",
}

_YAML = {
    "found character {sign} that cannot start any token": "此处不能有字符 {sign}",
    "could not find expected ':'": "缺少 ':'",
    "found unexpected ':'": "多出 ':'",
    "sequence entries are not allowed here": "此处不能有列表项",
    "mapping keys are not allowed here": "此处不能有键",
    "mapping values are not allowed here": "此处不能有 ':' 与值",
    "expected <block end>, but found {sign}": "缩进或结构有误,遇到 {sign}",
    "expected ',' or ']', but got {sign}": "应为 ',' 或 ']',遇到 {sign}",
    "expected ',' or '}}', but got {sign}": "应为 ',' 或 '}}',遇到 {sign}",
    "expected the node content, but found {sign}": "应为内容,遇到 {sign}",
    "expected '<document start>', but found {sign}": "应为文档开头,遇到 {sign}",
    "expected a comment or a line break, but found {sign}": "应为注释或换行,遇到 {sign}",
    "expected alphabetic or numeric character, but found {sign}": "应为字母或数字,遇到 {sign}",
    "but found another document": "只能有一份文档",
    "found undefined alias {name}": "别名 {name} 没有定义",
    "found undefined tag handle {name}": "标签 {name} 没有定义",
    "found unknown escape character {sign}": "未知的转义字符 {sign}",
    "found unexpected end of stream": "文件意外结束",
    "found unexpected document separator": "此处不能有文档分隔符",
    "unacceptable character #x{code:w}: special characters are not allowed": "不允许的特殊字符 #x{code}",
}

_PYDANTIC = {
    "input should be a valid string": "须是文本",
    "input should be a valid integer": "须是整数",
    "input should be a valid integer, unable to parse string as an integer": "须是整数",
    "input should be a valid integer, got a number with a fractional part": "须是整数,不能有小数",
    "unable to parse input string as an integer, exceeded maximum size": "数字过大",
    "input should be a valid boolean": "须是 true 或 false",
    "input should be a valid list": "须是列表",
    "input should be a valid dictionary": "须是键与值",
    "input should be a valid dictionary or instance of {type:w}": "须是键与值",
    "input should be greater than or equal to {least}": "不得小于 {least}",
    "input should be less than or equal to {most}": "不得大于 {most}",
    "input should be {values}": "须是 {values:words}",
    "keys should be strings": "键须是文本",
    "list should have at least {count} item after validation, not {given}": "至少须有 {count} 项",
    "list should have at most {count} items after validation, not {given}": "最多 {count} 项",
    "string should have at least {count} character": "至少须有 {count} 个字符",
    "string should have at least {count} characters": "至少须有 {count} 个字符",
    "string should have at most {count} character": "最多 {count} 个字符",
    "string should have at most {count} characters": "最多 {count} 个字符",
    "string should match pattern {pattern}": "须符合 {pattern}",
}

_TYPER = {
    "missing command": "缺少命令",
    "missing argument {name}": "缺少参数 {name}",
    "missing option {name}": "缺少选项 {name}",
    "no such command {name}": "没有命令 {name}",
    "no such option: {name}": "没有选项 {name}",
    "no such option: {name} (possible options: {names})": "没有选项 {name},是否指 {names}?",
    "option {name} requires an argument": "选项 {name} 须带值",
    "option {name} does not take a value": "选项 {name} 不带值",
    "got unexpected extra argument ({names})": "多余的参数:{names}",
    "got unexpected extra arguments ({names})": "多余的参数:{names}",
    "got unexpected extra argument(s) ({names})": "多余的参数:{names}",
    "invalid value for {name}: {why}": "{name} 的值无效:{why:zh}",
    "{text} is not a valid integer": "{text} 不是整数",
    "{value} is not in the range {range}": "{value} 不在范围 {range} 之内",
}

SENTENCES: dict[str, str] = _COMMANDS | _SHELL | _YAML | _PYDANTIC | _TYPER
