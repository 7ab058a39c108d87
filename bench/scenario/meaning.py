"""What a condition means: names looked up, numbers in the unit of what they are compared with, labels that exist.

Every finding of a condition is told, each at its own character; a part that is wrong becomes `None` and what is
built on it says nothing more.
"""

from dataclasses import dataclass

from bench.model.expression import AllOf, AnyOf, Compare, Constant, Expression, Not, OneOf
from bench.scenario import units
from bench.scenario.condition import ORDERS, Binary, Call, Member, Name, Number, Refused, String, Tree, Unary, parse
from bench.scenario.findings import Findings
from bench.scenario.names import Names, NoName
from bench.scenario.node import Scalar, short
from bench.scenario.operands import Complain, Literal, Meant, Truth, Valued, calculated, called, in_unit_of, negative
from bench.scenario.quantities import constant, label


def condition(node: Scalar, names: Names, findings: Findings) -> Expression | None:
    """The expression that a text means; None after it has noted what is wrong with it."""

    def complain(offset: int, text: str) -> None:
        findings.add(node, text, offset)

    try:
        tree = parse(node.text)
    except Refused as refused:
        complain(refused.offset, refused.message)
        return None
    return _Meaning(names, complain).truth(tree)


@dataclass(frozen=True, slots=True)
class _Meaning:
    names: Names
    complain: Complain

    def truth(self, tree: Tree) -> Expression | None:
        """A tree that must hold or not hold."""
        meant = self.of(tree)
        match meant:
            case None:
                return None
            case Truth(expression):
                return expression
            case Literal(text):
                told = f"'{short(text)}' is no condition; expected a comparison, such as 'model.gear == R'"
            case Valued(_, range_):
                example = range_.labels[0] if range_.states else units.show(0, range_.unit)
                told = f"{meant.who} is a value, not a condition; expected a comparison, such as '... == {example}'"
        self.complain(_start(tree), told)
        return None

    def of(self, tree: Tree) -> Meant | None:
        match tree:
            case Number(_, text):
                return Literal(text)
            case String(_, text):
                return Literal(text, True)
            case Name(at, text):
                return self.named(at, text)
            case Unary(_, "not", of):
                inner = self.truth(of)
                return Truth(Not(inner)) if inner is not None else None
            case Unary(at, _, of):
                return negative(at, self.of(of), self.complain)
            case Binary(_, "and" | "or" as operator, _, _):
                parts = [self.truth(part) for part in _chain(tree, operator)]
                known = tuple(part for part in parts if part is not None)
                return Truth((AllOf if operator == "and" else AnyOf)(known)) if len(known) == len(parts) else None
            case Binary(_, operator, _, _) if operator in ORDERS:
                return self.compared(tree)
            case Binary(at, operator, left, right):
                return calculated(at, operator, self.of(left), self.of(right), self.complain)
            case Member(_, left, options):
                return self.member(left, options)
            case Call(at, function, parts):
                return called(at, function, [self.of(part) for part in parts], self.complain)

    def named(self, at: int, text: str) -> Meant | None:
        """A name with a dot is looked up; a word alone is a label of what it is compared with."""
        if "." not in text:
            return Literal(text)
        try:
            reference = self.names.reference(text)
        except NoName as error:
            self.complain(at, str(error))
            return None
        return Valued(reference, self.names.range(reference))

    def compared(self, tree: Binary) -> Truth | None:
        """A comparison; the side that is written out takes the unit and the labels of the side that has a name."""
        operator, left, right = tree.operator, self.of(tree.left), self.of(tree.right)
        match left, right:
            case (None, _) | (_, None):
                return None
            case Literal(), Literal():
                self.two_literals(left, right, tree)
                return None
            case Valued(), Literal():
                found = self.constant(left, right, operator, _start(tree.right))
                return None if found is None else Truth(Compare(operator, left.expression, found, _unit(left, found)))
            case Literal(), Valued():
                found = self.constant(right, left, operator, _start(tree.left))
                return None if found is None else Truth(Compare(operator, found, right.expression, _unit(right, found)))
            case Valued(), Valued():
                return self.both_valued(tree.at, operator, left, right)
        self.complain(tree.at, f"'{operator}' between conditions; expected 'and' or 'or'")
        return None

    def two_literals(self, left: Literal, right: Literal, tree: Binary) -> None:
        """One of two words without a dot was meant as a signal: say so, with the names that end like it."""
        swapped = units.quantity(left.text) is not None and units.quantity(right.text) is None
        suspect, at = (right, _start(tree.right)) if swapped else (left, _start(tree.left))
        guess = ""
        if units.quantity(suspect.text) is None:
            try:
                self.names.reference(suspect.text)
            except NoName as error:
                _, mark, rest = str(error).partition("; did you mean")
                guess = mark + rest
        self.complain(at, f"'{short(suspect.text)}' is no signal; expected Message.Signal or model.name{guess}")

    def constant(self, valued: Valued, literal: Literal, operator: str, at: int) -> Constant | None:
        """A literal in the words of what it is compared with."""
        if (found := label(literal.text, valued.range)) is not None:
            if operator not in ("==", "!=", "in"):
                self.complain(at, f"labels have no order, so '{operator} {found}' says nothing; expected == or !=")
                return None
            return Constant(found, literal.text)
        if literal.quoted and not valued.range.labels:
            self.complain(at, f"the text '{short(literal.text)}', but {valued.who} has no labels; expected a number")
            return None
        number = constant(literal.text, valued.range, valued.who, valued.difference)
        if isinstance(number, str):
            self.complain(at, number)
            return None
        return Constant(number, literal.text)

    def both_valued(self, at: int, operator: str, left: Valued, right: Valued) -> Truth | None:
        """A comparison of two names."""
        if not left.range.states and not right.range.states:
            other = in_unit_of(left, right, at, self.complain)
            return None if other is None else Truth(Compare(operator, left.expression, other, left.range.unit))
        if not set(left.range.labels) & set(right.range.labels):
            self.complain(at, f"{left.who} and {right.who} share no label; expected two that can be equal")
            return None
        if operator not in ("==", "!="):
            self.complain(at, f"labels have no order, so '{operator}' says nothing; expected == or !=")
            return None
        return Truth(Compare(operator, left.expression, right.expression))

    def member(self, left: Tree, options: tuple[Tree, ...]) -> Truth | None:
        """`left in [a, b]`."""
        value = self.of(left)
        found: list[Constant | None] = []
        for option in options:
            meant = self.of(option)
            if isinstance(meant, Literal) and isinstance(value, Valued):
                found.append(self.constant(value, meant, "in", _start(option)))
            elif meant is not None and value is not None:
                self.complain(_start(option), "expected labels or numbers between [ and ], and a signal before 'in'")
        known = tuple(one for one in found if one is not None)
        return (
            Truth(OneOf(value.expression, known)) if isinstance(value, Valued) and len(known) == len(options) else None
        )


def _chain(tree: Tree, operator: str) -> list[Tree]:
    """The parts of `a and b and c`, which the grammar gives as pairs."""
    if isinstance(tree, Binary) and tree.operator == operator:
        return [*_chain(tree.left, operator), *_chain(tree.right, operator)]
    return [tree]


def _start(tree: Tree) -> int:
    """The first character of a tree."""
    return _start(tree.left) if isinstance(tree, Binary | Member) else tree.at


def _unit(valued: Valued, found: Constant) -> str:
    return "" if isinstance(found.value, str) else valued.range.unit
