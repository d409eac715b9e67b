"""The tests of a suite, from wherever they stand, with the defaults laid under each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from engine.quality.fields import FieldFault, Place
from engine.quality.reading.expected import expected_check
from engine.quality.reading.files import FileFault, Folder
from engine.quality.reading.gathering import Gathering
from engine.quality.reading.located import Document
from engine.quality.reading.templates import NotSupported


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping of a file with its place, for what is said of it."""

    fields: dict[str, Any]
    document: Document
    place: Place


class WrittenCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check as it is written, before names are filled in."""

    value: Any
    document: Document
    place: Place


def find_tests(
    document: Document, place: Place, value: Any, folder: Folder, gathering: Gathering
) -> Iterator[Written]:
    """The tests under a key, in order, following `file://`; faults are gathered."""
    listed = value if isinstance(value, list) else [value]
    for i, item in enumerate(listed):
        here = (*place, i) if isinstance(value, list) else place
        if isinstance(item, dict) and "path" in item:
            gathering.unsupported(document, here, "tests made by code are not read")
        elif isinstance(item, dict):
            yield Written(fields=item, document=document, place=here)
        elif isinstance(item, str):
            yield from _tests_of_file(item, document, here, folder, gathering)
        else:
            gathering.fault(document, here, "a test is a mapping, or a file of them")


def rows_of(document: Document, gathering: Gathering, own_columns: bool) -> Iterator[Written]:
    """The tests of a file that is a list of them; own_columns: id, group … are no variables
    alone."""
    items = document.value if isinstance(document.value, list) else [document.value]
    for i, item in enumerate(items):
        if not isinstance(item, dict):
            gathering.fault(document, (i,), "a test is a mapping")
            continue
        fields = _from_columns(item, own_columns) if document.is_table else item
        yield Written(fields=fields, document=document, place=(i,))


def _tests_of_file(
    reference: str, document: Document, place: Place, folder: Folder, gathering: Gathering
) -> Iterator[Written]:
    if "://" in reference and not reference.startswith("file://"):
        gathering.fault(
            document, place, "tests are not fetched from elsewhere; save them beside it"
        )
        return
    try:
        other = folder.document(reference)
    except NotSupported as e:
        gathering.unsupported(document, place, str(e))
    except FileFault as e:
        if e.line is None:
            gathering.fault(document, place, e.reason)
        else:
            name = reference.removeprefix("file://")
            gathering.fault(Document(file=name, value=None), (), e.reason, e.line)
    else:
        yield from rows_of(other, gathering, own_columns=False)


_OWN_COLUMNS: Final = ("id", "system", "group", "critical", "expected", "answer")
_YES: Final = {"yes", "true", "1", "x"}


def _from_columns(row: dict[str, str], own_columns: bool) -> dict[str, Any]:
    """A test out of a table's row: columns are variables, but for promptfoo's that begin with
    __."""
    test: dict[str, Any] = {"vars": dict(row), "assert": [], "metadata": {}, "options": {}}
    config: dict[str, Any] = {}
    for column, cell in row.items():
        if own_columns and column in _OWN_COLUMNS and cell.strip():
            test[column] = cell.strip().lower() in _YES if column == "critical" else cell
        if not column.startswith("__"):
            continue
        del test["vars"][column]
        name = column.removeprefix("__")
        kind, _, key = name.partition(":")
        if kind.startswith("expected"):
            test["assert"] += [expected_check(cell)] if cell.strip() else []
        elif kind == "metadata":
            test["metadata"][key] = cell
        elif kind == "config":
            config[key.rpartition(":")[2]] = cell
        elif kind == "metric":
            config["metric"] = cell
        elif kind in {"prefix", "suffix"}:
            test["options"][kind] = cell
        elif cell.strip():
            test[name] = cell
    test["assert"] = [{**config, **check} for check in test["assert"]]
    return test


def checks_written(test: Written, templates: Mapping[str, Any]) -> list[WrittenCheck]:
    """The checks of a test or of the defaults, with references resolved; raises FieldFault."""
    found: list[WrittenCheck] = []
    for key in ("assert", "checks"):
        items = test.fields.get(key)
        if items is None:
            continue
        if not isinstance(items, list):
            raise FieldFault((key,), "it has to be a list of checks")
        for i, item in enumerate(items):
            place = (*test.place, key, i)
            value = _resolved(item, templates, (key, i))
            found.append(WrittenCheck(value=value, document=test.document, place=place))
    expected = test.fields.get("expected")
    if expected is not None:
        for each in expected if isinstance(expected, list) else [expected]:
            value = (
                expected_check(each) if isinstance(each, str) else {"type": "equals", "value": each}
            )
            place = (*test.place, "expected")
            found.append(WrittenCheck(value=value, document=test.document, place=place))
    return found


def _resolved(item: Any, templates: Mapping[str, Any], place: Place) -> Any:
    if not isinstance(item, dict) or not isinstance(item.get("$ref"), str):
        return item
    name = item["$ref"].removeprefix("#/assertionTemplates/")
    template = templates.get(name)
    if not isinstance(template, dict):
        raise FieldFault((*place, "$ref"), f"there is no assertion template “{name}”")
    return {**template, **{key: value for key, value in item.items() if key != "$ref"}}
