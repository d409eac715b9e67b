from __future__ import annotations

import json

from engine.contract import JsonSchema, Plan, Sampling
from engine.schema_notice import schema_notice
from tests.engine.fakes import contender, plan


def with_schema(schema: object) -> Plan:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    return plan(contender("answer"), sampling=Sampling(constraint=JsonSchema(schema=text)))


def test_keywords_that_no_grammar_enforces_are_named_wherever_they_stand() -> None:
    schema = {"properties": {"n": {"type": "integer", "maximum": 9}}, "items": [{"not": {}}]}
    notice = schema_notice(with_schema(schema))
    assert notice is not None
    assert "maximum, not." in notice


def test_a_property_that_is_called_like_a_keyword_is_none() -> None:
    assert schema_notice(with_schema({"properties": {"minimum": {"type": "string"}}})) is None


def test_plans_without_a_schema_and_broken_schemas_have_no_notice() -> None:
    assert schema_notice(plan(contender("answer"))) is None
    assert schema_notice(with_schema("{")) is None
