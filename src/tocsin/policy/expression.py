"""SQL expressions to checked trees. User text is parsed and walked by a whitelist, never evaluated."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from tocsin.policy import tree
from tocsin.policy.types import DURATION, ERROR, FLAG, INSTANT, MONEY, NUMBER, TEXT, WHOLE, Catalogue, Entry, Type
from tocsin.values import duration, money
from tocsin.values.problem import did_you_mean, shown

FUNCTIONS = ("abs", "floor", "ceil", "sqrt", "ln", "least", "greatest", "coalesce", "nullif")
PARTS = ("hour", "weekday", "day", "month")
LONGEST = 4_000
_WRONG = tree.Number(Decimal(0), ERROR)
_COMPARISONS: dict[type[exp.Expr], tree.Comparison] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_OPERATORS: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
_CALLS: dict[type[exp.Expr], str] = {
    exp.Abs: "abs",
    exp.Floor: "floor",
    exp.Ceil: "ceil",
    exp.Sqrt: "sqrt",
    exp.Ln: "ln",
    exp.Least: "least",
    exp.Greatest: "greatest",
    exp.Coalesce: "coalesce",
    exp.Nullif: "nullif",
}
_PARTS: dict[type[exp.Expr], str] = {exp.Hour: "hour", exp.Day: "day", exp.Month: "month", exp.DayOfWeek: "weekday"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in an expression; `offset` counts characters of its text."""

    what: str
    remedy: str
    offset: int


@dataclass
class _Reader:
    catalogue: Catalogue
    currency: str
    mistakes: list[Mistake] = field(default_factory=list)

    def wrong(self, node: exp.Expr | None, what: str, remedy: str = "") -> tree.Expr:
        self.mistakes.append(Mistake(what, remedy, _offset(node)))
        return _WRONG

    def read(self, node: exp.Expr) -> tree.Expr:
        reader = _READERS.get(type(node))
        if reader is None:
            word = _named(node)
            known = (*FUNCTIONS, *PARTS)
            hint = did_you_mean(
                word, known
            ) or "use comparisons, AND, OR, NOT, IN, LIKE, BETWEEN, CASE, + - * / and " + ", ".join(known)
            return self.wrong(node, f"{word} is not part of the language", hint)
        return reader(self, node)

    # -- leaves ------------------------------------------------------------------------------

    def column(self, node: exp.Expr) -> tree.Expr:
        if (
            not isinstance(node, exp.Column)
            or node.args.get("table") is not None
            or not isinstance(node.this, exp.Identifier)
        ):
            return self.wrong(node, f"{shown(node.sql())} is not a name", "write a field or a signal by its plain name")
        name = node.name
        entry = self.catalogue.get(name)
        if entry is None:
            return self.wrong(
                node,
                f"unknown name '{name}'",
                did_you_mean(name, self.catalogue) or "see `tocsin policy words` for every name",
            )
        return _leaf(name, entry)

    def literal(self, node: exp.Expr) -> tree.Expr:
        if node.args["is_string"]:
            return tree.Word(str(node.this), TEXT)
        value = Decimal(str(node.this))
        if not value.is_finite() or abs(value) >= 10**18 or value.adjusted() < -12:
            return self.wrong(
                node, f"{shown(str(node.this))} is out of range", "numbers lie below 10^18 with at most 12 places"
            )
        return tree.Number(value, WHOLE if value == value.to_integral_value() else NUMBER)

    def boolean(self, node: exp.Expr) -> tree.Expr:
        return tree.Number(Decimal(int(bool(node.this))), FLAG)

    def null(self, node: exp.Expr) -> tree.Expr:
        return self.wrong(node, "NULL cannot be compared with", "write IS NULL or IS NOT NULL")

    def interval(self, node: exp.Expr) -> tree.Expr:
        text = (
            f"{node.this.name if node.this else ''} {node.args['unit'].name.lower() if node.args.get('unit') else ''}"
        )
        try:
            return tree.Number(Decimal(duration.parse(text)), DURATION)
        except ValueError as error:
            return self.wrong(node, str(error))

    # -- arithmetic --------------------------------------------------------------------------

    def parenthesis(self, node: exp.Expr) -> tree.Expr:
        return self.read(node.this)

    def minus(self, node: exp.Expr) -> tree.Expr:
        inner = self.read(node.this)
        if isinstance(inner, tree.Number) and (inner.type.numeric or inner.type is DURATION):
            return tree.Number(-inner.value, inner.type)
        zero = tree.Number(Decimal(0), inner.type)
        return self.combine(node, "-", zero, inner)

    def arithmetic(self, node: exp.Expr) -> tree.Expr:
        return self.combine(node, _OPERATORS[type(node)], self.read(node.this), self.read(node.expression))

    def combine(self, node: exp.Expr, op: str, left: tree.Expr, right: tree.Expr) -> tree.Expr:
        if ERROR in (left.type, right.type):
            return _WRONG
        if op in "+-":
            left, right = self.alike(node, left, right)
        result = _result(op, left.type, right.type)
        if result is None:
            return self.wrong(
                node, f"{left.type} {op} {right.type} has no meaning", _arithmetic_remedy(left.type, right.type)
            )
        return tree.Arithmetic(op, left, right, result)  # type: ignore[arg-type]

    def alike(self, node: exp.Expr, left: tree.Expr, right: tree.Expr) -> tuple[tree.Expr, tree.Expr]:
        """A plain number beside money is an amount of currency; a plain text takes the other's domain."""
        return self.adapt(node, left, right.type), self.adapt(node, right, left.type)

    def adapt(self, node: exp.Expr, operand: tree.Expr, wanted: Type) -> tree.Expr:
        if isinstance(operand, tree.Number) and operand.type.numeric and wanted == MONEY:
            try:
                return tree.Number(Decimal(money.minor(operand.value, self.currency)), MONEY)
            except ValueError as error:
                return self.wrong(node, str(error))
        if isinstance(operand, tree.Word) and wanted.base == "text" and wanted.domain:
            return tree.Word(operand.value, wanted)
        return operand

    def call(self, node: exp.Expr) -> tree.Expr:
        name = _CALLS[type(node)]
        raw = [node.this, *([node.expression] if isinstance(node, exp.Nullif) else node.args.get("expressions") or [])]
        if node.args.get("decimals") is not None or node.args.get("to") is not None:
            return self.wrong(node, f"{name}() takes one value")
        arguments = [self.read(argument) for argument in raw]
        kinds = {argument.type for argument in arguments}
        if ERROR in kinds:
            return _WRONG
        unit = next((a.type for a in arguments if not isinstance(a, (tree.Number, tree.Word))), arguments[0].type)
        arguments = [self.adapt(node, argument, unit) for argument in arguments]
        kinds = {NUMBER if argument.type == WHOLE else argument.type for argument in arguments}
        if len(kinds) > 1:
            return self.wrong(node, f"{name}() mixes " + " and ".join(sorted(str(kind) for kind in kinds)))
        kind = arguments[0].type if all(a.type == arguments[0].type for a in arguments) else NUMBER
        if kind.base in ("text", "flag") and name not in ("coalesce", "nullif"):
            return self.wrong(node, f"{name}() takes numbers, not {kind}")
        if name in ("sqrt", "ln"):
            if not kind.numeric:
                return self.wrong(node, f"{name}() takes a plain number, not {kind}", "divide by the same unit first")
            kind = NUMBER
        if name in ("floor", "ceil") and kind == NUMBER:
            kind = WHOLE
        return tree.Call(name, tuple(arguments), kind)

    def part(self, node: exp.Expr) -> tree.Expr:
        name = _PARTS.get(type(node)) or node.name.lower()
        arguments = [node.this] if type(node) in _PARTS else node.expressions
        inner = self.read(arguments[0]) if len(arguments) == 1 else _WRONG
        if isinstance(inner, tree.Field) and inner.type == INSTANT:
            return tree.Field(inner.name, WHOLE, name)  # type: ignore[arg-type]
        return self.wrong(node, f"{name}() takes an instant of the fact", f"write {name}(occurred_at)")

    def anonymous(self, node: exp.Expr) -> tree.Expr:
        if node.name.lower() == "weekday":
            return self.part(node)
        known = (*FUNCTIONS, *PARTS)
        remedy = did_you_mean(node.name, known)
        return self.wrong(node, f"unknown function '{node.name}'", remedy or "the functions are " + ", ".join(known))

    def case(self, node: exp.Expr) -> tree.Expr:
        if node.this is not None:
            return self.wrong(node, "CASE takes conditions", "write CASE WHEN condition THEN value ELSE value END")
        conditions = [self.condition(branch.this) for branch in node.args["ifs"]]
        values = [self.read(branch.args["true"]) for branch in node.args["ifs"]]
        default = node.args.get("default")
        if default is not None and not isinstance(default, exp.Null):
            values.append(self.read(default))
        if ERROR in {value.type for value in values} or ERROR in {condition.type for condition in conditions}:
            return _WRONG
        unit = next((v.type for v in values if not isinstance(v, (tree.Number, tree.Word))), values[0].type)
        values = [self.adapt(node, value, unit) for value in values]
        kinds = {value.type for value in values}
        kind = values[0].type if len(kinds) == 1 else NUMBER
        if (len(kinds) > 1 and not all(k.numeric for k in kinds)) or kind.base in ("text", "flag"):
            return self.wrong(
                node,
                "CASE gives " + " and ".join(sorted(map(str, kinds))),
                "every branch gives the same kind of number",
            )
        otherwise = values[len(conditions)] if len(values) > len(conditions) else None
        return tree.Choice(tuple(zip(conditions, values[: len(conditions)], strict=True)), otherwise, kind)

    # -- conditions --------------------------------------------------------------------------

    def condition(self, node: exp.Expr) -> tree.Expr:
        inner = self.read(node)
        if isinstance(inner, tree.Condition) or inner.type == ERROR:
            return inner
        if inner.type == FLAG:
            return tree.Test(inner, True)
        return self.wrong(node, f"a condition is needed here, this is {inner.type}", "compare it with something")

    def logic(self, node: exp.Expr) -> tree.Expr:
        op = "and" if isinstance(node, exp.And) else "or"
        parts: list[tree.Expr] = []
        for side in (node.this, node.expression):
            inner = self.condition(side)
            parts.extend(inner.parts if isinstance(inner, tree.Logic) and inner.op == op else (inner,))
        return tree.Logic(op, tuple(parts))  # type: ignore[arg-type]

    def negation(self, node: exp.Expr) -> tree.Expr:
        inner = self.condition(node.this)
        return inner if inner.type == ERROR else tree.negate(inner)

    def comparison(self, node: exp.Expr) -> tree.Expr:
        op = _COMPARISONS[type(node)]
        return self.compare(node, op, self.read(node.this), self.read(node.expression))

    def compare(self, node: exp.Expr, op: tree.Comparison, left: tree.Expr, right: tree.Expr) -> tree.Expr:
        if ERROR in (left.type, right.type):
            return _WRONG
        if isinstance(left, tree.Condition) or isinstance(right, tree.Condition):
            return self.wrong(node, "a condition cannot be compared", "join conditions with AND and OR")
        if isinstance(left, (tree.Number, tree.Word)) and not isinstance(right, (tree.Number, tree.Word)):
            op, left, right = tree.FLIPPED[op], right, left
        left, right = self.alike(node, left, right)
        if ERROR in (left.type, right.type):
            return _WRONG
        if left.type == FLAG and isinstance(right, tree.Number) and right.type == FLAG and op in ("=", "<>"):
            return tree.Test(left, bool(right.value) == (op == "="))
        if not _comparable(left.type, right.type):
            return self.wrong(
                node, f"{left.type} cannot be compared with {right.type}", _comparison_remedy(left.type, right.type)
            )
        if left.type.base in ("text", "flag") and op not in ("=", "<>"):
            return self.wrong(node, f"{left.type} has no order", "use =, <> or IN")
        return tree.Compare(op, left, right)

    def between(self, node: exp.Expr) -> tree.Expr:
        operand = self.read(node.this)
        parts = (
            self.compare(node, ">=", operand, self.read(node.args["low"])),
            self.compare(node, "<=", operand, self.read(node.args["high"])),
        )
        return _WRONG if ERROR in {part.type for part in parts} else tree.Logic("and", parts)

    def membership(self, node: exp.Expr) -> tree.Expr:
        if node.args.get("query") is not None or node.args.get("unnest") is not None or not node.expressions:
            return self.wrong(node, "IN takes a list of values, not a query", "write name IN ('a', 'b')")
        operand = self.read(node.this)
        items = [self.read(item) for item in node.expressions]
        if (
            isinstance(operand, tree.Field)
            and operand.type.base == "text"
            and all(isinstance(item, tree.Word) for item in items)
        ):
            words = tuple(sorted({item.value for item in items if isinstance(item, tree.Word)}))
            if len(words) > 4:
                return tree.Test(tree.Field(operand.name, FLAG, "in", words), True)
            items = [tree.Word(word, operand.type) for word in words]
        parts = tuple(self.compare(node, "=", operand, item) for item in items)
        if ERROR in {part.type for part in parts}:
            return _WRONG
        return parts[0] if len(parts) == 1 else tree.Logic("or", parts)

    def like(self, node: exp.Expr) -> tree.Expr:
        operand, pattern = self.read(node.this), self.read(node.expression)
        if ERROR in (operand.type, pattern.type):
            return _WRONG
        if not isinstance(operand, tree.Field) or operand.type.base != "text" or not isinstance(pattern, tree.Word):
            return self.wrong(node, "LIKE compares a text field of the fact with a pattern", "write name LIKE 'abc%'")
        return tree.Test(tree.Field(operand.name, FLAG, "like", (pattern.value,)), True)

    def null_test(self, node: exp.Expr) -> tree.Expr:
        if isinstance(node.expression, exp.Boolean):
            operand = self.read(node.this)
            if operand.type != FLAG:
                return (
                    _WRONG
                    if operand.type == ERROR
                    else self.wrong(node, f"IS TRUE asks a flag, this is {operand.type}")
                )
            # IS TRUE is never unknown, so that NOT of it holds where the flag is NULL.
            expected = bool(node.expression.this)
            absent = tree.Number(Decimal(int(not expected)), FLAG)
            return tree.Test(tree.Call("coalesce", (operand, absent), FLAG), expected)
        if not isinstance(node.expression, exp.Null):
            return self.wrong(node, "IS asks for NULL, TRUE or FALSE")
        operand = self.read(node.this)
        return _WRONG if operand.type == ERROR else tree.IsNull(operand, negated=False)


_READERS: dict[type[exp.Expr], Callable[[_Reader, exp.Expr], tree.Expr]] = {
    exp.Column: _Reader.column,
    exp.Literal: _Reader.literal,
    exp.Boolean: _Reader.boolean,
    exp.Null: _Reader.null,
    exp.Interval: _Reader.interval,
    exp.Paren: _Reader.parenthesis,
    exp.Neg: _Reader.minus,
    exp.Case: _Reader.case,
    exp.And: _Reader.logic,
    exp.Or: _Reader.logic,
    exp.Not: _Reader.negation,
    exp.Between: _Reader.between,
    exp.In: _Reader.membership,
    exp.Like: _Reader.like,
    exp.Is: _Reader.null_test,
    exp.Anonymous: _Reader.anonymous,
    **dict.fromkeys(_OPERATORS, _Reader.arithmetic),
    **dict.fromkeys(_COMPARISONS, _Reader.comparison),
    **dict.fromkeys(_CALLS, _Reader.call),
    **dict.fromkeys(_PARTS, _Reader.part),
}


def parse(text: str, catalogue: Catalogue, currency: str, condition: bool) -> tuple[tree.Expr, list[Mistake]]:
    """An expression, checked; where `condition`, it must be true or false.

    Never raises for what a user wrote: the mistakes say what, what to do, and where in the text.
    """
    if len(text) > LONGEST:
        return _WRONG, [
            Mistake(f"an expression of {len(text)} characters is too long", f"split it: at most {LONGEST}", 0)
        ]
    try:
        statements = sqlglot.parse(text, read="duckdb")
        if len(statements) != 1 or statements[0] is None:
            after = text.find(";")
            what = "one expression is needed, not statements" if after >= 0 else "the expression is empty"
            return _WRONG, [
                Mistake(what, "remove the ';' and what follows" if after >= 0 else "write a condition", max(after, 0))
            ]
        reader = _Reader(catalogue, currency)
        root = statements[0]
        result = reader.condition(root) if condition else reader.read(root)
        if not condition and not reader.mistakes and isinstance(result, tree.Condition):
            reader.wrong(
                root, "a value is needed here, this is a condition", "write CASE WHEN condition THEN 1 ELSE 0 END"
            )
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        offset = _at(text, first.get("line", 1), first.get("col", 1) - 1)
        near = first.get("highlight") or ""
        return _WRONG, [
            Mistake(
                "not a SQL expression" + (f" near {shown(near)}" if near else ""),
                "check the operators and parentheses",
                offset,
            )
        ]
    except TokenError:
        return _WRONG, [Mistake("not a SQL expression: a quote or comment is not closed", "close it", 0)]
    except RecursionError:
        return _WRONG, [Mistake("the expression is nested too deeply", "split it into signals", 0)]
    return result, sorted(reader.mistakes, key=lambda mistake: mistake.offset)


def _leaf(name: str, entry: Entry) -> tree.Expr:
    return tree.Field(name, entry.type) if entry.source == "fact" else tree.Signal(name, entry.type)


def _result(op: str, left: Type, right: Type) -> Type | None:
    """What kind of thing an operation gives; None where it has no meaning (money times money)."""
    if left.numeric and right.numeric:
        return WHOLE if left == right == WHOLE and op != "/" else NUMBER
    if op in "+-" and left == right and left in (MONEY, DURATION):
        return left
    if op == "-" and left == right == INSTANT:
        return DURATION
    if op in "+-" and left == INSTANT and right == DURATION:
        return INSTANT
    if op == "*" and left in (MONEY, DURATION) and right.numeric:
        return left
    if op == "*" and right in (MONEY, DURATION) and left.numeric:
        return right
    if op == "/" and left in (MONEY, DURATION):
        return NUMBER if left == right else left if right.numeric else None
    return None


def _comparable(left: Type, right: Type) -> bool:
    if left.base == right.base == "text":
        return left.domain == right.domain or not left.domain or not right.domain
    return left == right or (left.numeric and right.numeric)


def _arithmetic_remedy(left: Type, right: Type) -> str:
    bases = {left.base, right.base}
    if "text" in bases or "flag" in bases:
        return "only numbers, money and times can be reckoned with"
    if "duration" in bases:
        return "write a duration as interval '2 hours'"
    return "divide money by money to get a plain number"


def _comparison_remedy(left: Type, right: Type) -> str:
    if "duration" in (left.base, right.base):
        return "write a duration as interval '2 hours'"
    if "text" in (left.base, right.base) and left.base != right.base:
        return "put texts, and only texts, in single quotes"
    if left.base == right.base == "text":
        return "compare texts of one vocabulary only"
    return "compare like with like"


def _offset(node: exp.Expr | None) -> int:
    if node is None:
        return 0
    starts = [inner.meta["start"] for inner in node.walk() if "start" in inner.meta]
    return min(starts, default=0)


def _at(text: str, line: int, column: int) -> int:
    lines = text.split("\n")
    return sum(len(row) + 1 for row in lines[: line - 1]) + max(column - 1, 0)


def _named(node: exp.Expr) -> str:
    """A construct by the name its author would use."""
    if isinstance(node, (exp.Subquery, exp.Query, exp.Exists)):
        return "a query"
    if isinstance(node, exp.Func):
        return f"{node.sql_name().lower()}()"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).upper()
