from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import Any

import jsonschema
import pytest

from engine.errors import GrammarError
from engine.worker.gbnf import MAX_CHARS, MAX_RULES
from engine.worker.grammar import check_gbnf, gbnf_from_schema

PROBE = Path(__file__).with_name("grammar_probe.py")
LONG_CHAIN = (
    "\n".join(f"r{i} ::= r{i + 1}" for i in range(15_000)) + '\nr15000 ::= "a"\nroot ::= r0'
)
BUSHY = (
    "\n".join(f'r{i} ::= r{i + 1} "x" | r{i + 1} "y"' for i in range(40))
    + '\nr40 ::= "a"\nroot ::= r0'
)
BUSHY_EMPTY = (
    "\n".join(f"r{i} ::= r{i + 1} | r{i + 1}" for i in range(40)) + '\nr40 ::= ""\nroot ::= r0'
)


def ask_llama_cpp(model: Path, cases: list[dict[str, Any]]) -> list[list[bool] | None]:
    answer = subprocess.run(
        [sys.executable, str(PROBE), str(model)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr[-500:]
    found: list[list[bool] | None] = json.loads(answer.stdout)
    return found


@pytest.mark.parametrize(
    ("grammar", "words"),
    [
        ("", "is empty"),
        ("# nothing\n", "no rule named “root”"),
        ('start ::= "a"', "no rule named “root”"),
        ("root ::= answer", "the rule “answer” is not defined"),
        ('root ::= "a"\nb ::= \\', "Line 2"),
        ('root = "a"', "“::=” is missing after “root”"),
        ('root ::= my_rule\nmy_rule ::= "a"', "“_” is not expected here"),
        ('root ::= "a', "not closed"),
        (r'root ::= "\q"', "unknown escape"),
        ("root ::= [a", "not closed"),
        ("root ::= []", "is empty"),
        ("root ::= [^]", "is empty"),
        ("root ::= [z-a]", "runs backwards"),
        ('root ::= ("a"', "“)” is missing"),
        ('root ::= "a")', "“)” is not expected here"),
        ("root ::= * ", "nothing before it to repeat"),
        ('root ::= "a"{x}', "a repetition is written"),
        ('root ::= "a"{5,2}', "ends below where it begins"),
        ('root ::= "a"{99999999999999999999}', "at most 2000 times"),
        ('root ::= "a"{0,2001}', "at most 2000 times"),
        ("root ::= <", "a token is written"),
        ('root ::= "a"\0', "no text"),
        ('root ::= "\ud800"', "no text"),
        ("root ::= " + "(" * 100_000 + '"a"' + ")" * 100_000, "nested more than 100 deep"),
        ("root ::= " + '"a"' * MAX_CHARS, "characters"),
        ("".join(f'r{i} ::= "a"\n' for i in range(MAX_RULES + 1)), "more than 20000 rules"),
        ('root ::= "' + "a" * 10_000 + '"{2000}', "too large"),
        ('root ::= root "a" | "b"', "“root” can begin with itself"),
        ('root ::= a "x"\na ::= b\nb ::= root | "y"', "can begin with itself"),
        ('root ::= ws root "x" | "y"\nws ::= sp\nsp ::= " "?', "“root” can begin with itself"),
        ('root ::= ws root "x" | "y"\nws ::= " "*', "“root” can begin with itself"),
        ('root ::= (sp* root)? "x"\nsp ::= " "', "“root” can begin with itself"),
        ('root ::= ("a" | )* "b"', "“root” repeats without end what may be empty"),
        ('root ::= ws+\nws ::= "" | " "', "“root” repeats without end what may be empty"),
        ('root ::= ""*', "an empty text is repeated"),
        ('root ::= ("a"{1,1000}){1,1000}', "a repetition within repetitions"),
        (LONG_CHAIN, "a chain of more than 2500 rules"),
        (BUSHY, "more than 5000 ways"),
        (BUSHY_EMPTY, "too many ways"),
        ("root ::= " + " | ".join(['"a"'] * 6000), "more than 5000 ways"),
        ('root ::= x{0,2000}\nx ::= y{0,2000}\ny ::= "a"?', "ways"),
    ],
)
def test_a_grammar_that_would_fail_crash_or_hang_is_refused_in_words(
    grammar: str, words: str
) -> None:
    began = monotonic()
    with pytest.raises(GrammarError) as refusal:
        check_gbnf(grammar)
    assert words in str(refusal.value)
    assert str(refusal.value).startswith("The grammar ")
    assert str(refusal.value).endswith(".")
    assert monotonic() - began < 2


GOOD: list[tuple[str, list[str], list[str]]] = [
    ('root ::= "yes" | "no"', ["yes", "no"], ["", "maybe", "yesno"]),
    ('root ::= "a"{2,4}', ["aa", "aaaa"], ["a", "aaaaa"]),
    ('root ::= "a"{2,}', ["aa", "a" * 30], ["a"]),
    ('root ::= "a" {3} "b"?', ["aaa", "aaab"], ["aa"]),
    ("root ::= item+\nitem ::= [a-z0-9-]+ # a word\n  ", ["a-1"], ["A", ""]),
    ('root ::= (\n  "a" |\n  "b"\n)*\n', ["", "abab"], ["c"]),
    (r'root ::= "\x41\u00e9\U0001F642\n\"\\\[\]\-"', ['Aé🙂\n"\\[]-'], ["A"]),
    (r"root ::= [^\n\x00-\x1F] .", ["ab", "é🙂"], ["\na", "a"]),
    ("root ::= [a-z-9]+", ["z-9"], ["8"]),
    ('root ::= [+-]? num\r\nnum ::= [0-9]+ ("." [0-9]+)?', ["-1.5", "+2"], ["1."]),
    ('root ::= ""', [""], ["a"]),
    ("root ::=", [""], ["a"]),
    ('root ::= x x\nx ::= "(" x* ")"', ["()(())"], ["()", "(()"]),
    ('root ::= (sp)* "a"\nsp ::= blank\nblank ::= " "?', ["a", "  a"], ["b"]),
    ('root ::= ("a"{40}){40}', ["a" * 1600], ["a" * 1599]),
    ("root ::= <[5]> | !<[6]>", [], []),
    ('root ::= "a"\nroot ::= "b"', ["b"], ["a"]),
]


def test_good_grammars_mean_what_they_say(small_model: Path) -> None:
    cases = []
    for grammar, accepted, rejected in GOOD:
        check_gbnf(grammar)
        cases.append({"grammar": grammar, "texts": [*accepted, *rejected]})
    for (grammar, accepted, rejected), found in zip(
        GOOD, ask_llama_cpp(small_model, cases), strict=True
    ):
        assert found == [True] * len(accepted) + [False] * len(rejected), grammar


def random_grammar(chance: random.Random) -> str:
    """Any grammar over four rules: mostly wrong, sometimes left recursive, sometimes good."""
    names = ["root", "a", "b", "c"]

    def sequence(depth: int) -> str:
        return " ".join(item(depth) for _ in range(chance.randint(0, 3)))

    def item(depth: int) -> str:
        if depth < 2 and chance.random() < 0.2:
            inner = f"({sequence(depth + 1)} | {sequence(depth + 1)})"
        else:
            inner = chance.choice([*names, *['"x"', '"yz"', "[a-c]", "."] * 3, '""'])
        if chance.random() < 0.01:
            return inner + "{3,1}"
        return inner + chance.choice(["", "", "", "?", "*", "+", "{2}", "{0,3}", "{1,}"])

    return "\n".join(f"{name} ::= {sequence(0)} | {sequence(0)}" for name in names)


def test_no_grammar_that_passes_ends_or_hangs_llama_cpp(small_model: Path) -> None:
    chance = random.Random(5)
    passing = []
    for _ in range(5000):
        grammar = random_grammar(chance)
        try:
            check_gbnf(grammar)
        except GrammarError:
            continue
        passing.append({"grammar": grammar, "texts": ["x", "yz", ""]})
    answers = ask_llama_cpp(small_model, passing)
    accepted = sum(answer is not None for answer in answers)
    assert len(passing) > 100
    assert accepted == len(passing)


PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 8},
        "age": {"type": "integer"},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 1, "maxItems": 3},
    },
    "required": ["name"],
}
TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"$ref": "#/$defs/value"},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
            "required": ["value", "next"],
        },
        "value": {"type": "boolean"},
    },
}
# Each with documents that fit and documents that do not.
SCHEMAS: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    (PERSON, [{"name": "Ada"}, {"name": "", "age": 3, "tags": ["a", "b"]}], [{}, {"name": 1}]),
    (PERSON, [{"name": "12345678"}], [{"name": "123456789"}, {"name": "x", "tags": []}]),
    (TREE, [{"value": True, "next": {"value": False, "next": None}}], [{"value": True}]),
    ({"const": 'a"\\\n\té🙂'}, ['a"\\\n\té🙂'], ["a"]),
    ({"enum": [1, "two", None, [3, 4]]}, [1, "two", None, [3, 4]], [2, "one", [3]]),
    ({"type": ["string", "null"]}, ["x", None], [1]),
    (
        {"type": "string", "pattern": r"^\d{4}-\d{2}(\.[a-z]+)?$"},
        ["2026-07", "2026-07.a"],
        ["26-07"],
    ),
    ({"type": "string", "pattern": "^cat|dog$"}, ["cat", "dog"], ["cow"]),
    ({"type": "array", "items": {"type": "null"}, "maxItems": 0}, [[]], [[None]]),
    ({"type": "array", "items": {"type": "null"}, "maxItems": 2}, [[], [None, None]], [[None] * 3]),
    (
        {"type": "array", "items": {"type": "null"}, "minItems": 2, "maxItems": 2},
        [[None] * 2],
        [[None]],
    ),
    ({"properties": {"any": True}, "required": ["any"]}, [{"any": 1}, {"any": [{}]}], [{}]),
    (
        {"properties": {'a"\\': {"type": "null"}}, "required": ['a"\\']},
        [{'a"\\': None}],
        [{"a": None}],
    ),
    (
        {
            "properties": {"x": {"$ref": "#/a/value"}, "y": {"$ref": "#/b/value"}},
            "required": ["x", "y"],
            "a": {"value": {"type": "null"}},
            "b": {"value": {"type": "boolean"}},
        },
        [{"x": None, "y": True}],
        [{"x": None, "y": None}],
    ),
    (
        {
            "properties": {"node": {"type": "null"}, "x": {"$ref": "#/$defs/node"}},
            "required": ["node", "x"],
            "$defs": {"node": {"type": "boolean"}},
        },
        [{"node": None, "x": True}],
        [{"node": None, "x": None}],
    ),
]


def test_a_schemas_grammar_accepts_what_fits_the_schema(small_model: Path) -> None:
    cases = []
    for schema, fitting, other in SCHEMAS:
        assert all(jsonschema.Draft202012Validator(schema).is_valid(each) for each in fitting)
        assert not any(jsonschema.Draft202012Validator(schema).is_valid(each) for each in other)
        texts = [json.dumps(each, ensure_ascii=False) for each in [*fitting, *other]]
        cases.append({"grammar": gbnf_from_schema(json.dumps(schema)), "texts": texts})
    for (schema, fitting, other), found in zip(
        SCHEMAS, ask_llama_cpp(small_model, cases), strict=True
    ):
        assert found == [True] * len(fitting) + [False] * len(other), schema


def chained_references() -> dict[str, Any]:
    """Thirty definitions, each of which names the next one twice."""
    schema: dict[str, Any] = {"$ref": "#/a0/value", "a30": {"value": {"type": "null"}}}
    for i in range(30):
        following = {"$ref": f"#/a{i + 1}/value"}
        schema[f"a{i}"] = {"value": {"anyOf": [following, {"properties": {"x": following}}]}}
    return schema


def test_large_schemas_take_their_time_but_end() -> None:
    began = monotonic()
    gbnf_from_schema(json.dumps(chained_references()))
    gbnf_from_schema(json.dumps({"properties": {f"p{i}": {"type": "null"} for i in range(400)}}))
    gbnf_from_schema(json.dumps({"enum": [f"value {i}" for i in range(3000)]}))
    assert monotonic() - began < 5


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "not an object"),
        ('{"type": "strng"}', r"\$\.type should be one of object"),
        ('{"properties": {"a": {"type": 5}}}', r"\$\.properties\.a\.type should be"),
        ('{"properties": {"a": false}}', r"\$\.properties\.a should be an object"),
        ('{"properties": 5}', r"\$\.properties should be an object"),
        ('{"items": [{}, 5]}', r"\$\.items\[1\] should be an object"),
        ('{"anyOf": {}}', r"\$\.anyOf should be a list"),
        ('{"enum": []}', "allows no value"),
        ('{"properties": {"a": {}}, "required": "a"}', r"\$\.required should be a list"),
        ('{"$ref": "https://example.org/schema.json"}', "nothing outside of the schema is fetched"),
        ('{"items": {"$ref": "file:///etc/passwd"}}', r"\$\.items\.\$ref should begin with “#/”"),
        ('{"$ref": "#/$defs/none"}', "which is not there"),
        ('{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}', "can begin with itself"),
        ('{"type": "string", "maxLength": 1000000000}', "from 0 to 2000"),
        ('{"type": "array", "items": {}, "minItems": -1}', "from 0 to 2000"),
        ('{"type": "string", "minLength": 5, "maxLength": 2}', "minLength above its maxLength"),
        ('{"type": "string", "pattern": "abc"}', r"\$\.pattern should begin with"),
        ('{"type": "string", "pattern": "^(?=a)b$"}', "Unsupported pattern syntax"),
        ('{"type": "string", "pattern": "^(a$"}', "is not a regular expression"),
        ('{"type": "string", "pattern": "^\\\\bx$"}', r"uses “\\b”"),
        ('{"type": "string", "pattern": "^a{1,2000000000}$"}', "more than a grammar can take"),
        ('{"type": "array", "items":' * 3000 + "{}" + "}" * 3000, "nested"),
        ('{"anyOf": [' + ",".join(["{}"] * 6000) + "]}", "more than 5000 parts"),
        (" " * (MAX_CHARS + 1), "characters"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_where_it_is_wrong(schema: str, words: str) -> None:
    with pytest.raises(GrammarError, match=words) as refusal:
        gbnf_from_schema(schema)
    assert "JSON schema" in str(refusal.value)
    assert str(refusal.value).endswith(".")
