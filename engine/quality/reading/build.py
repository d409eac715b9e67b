"""Makes cases out of what a suite's file holds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from engine.contract import Case, Message
from engine.contract.checks import Check, UnsupportedCheck
from engine.quality.checks.parse import parse_check
from engine.quality.fields import FieldFault, Place, optional_text
from engine.quality.reading.files import FileFault, Folder
from engine.quality.reading.gathering import Gathering
from engine.quality.reading.keys import CASE_KEYS, OPTION_KEYS, SUITE_KEYS, name_others
from engine.quality.reading.laying import (
    Laid,
    alone,
    answers_of,
    choices_of,
    group_of,
    is_critical,
    lay,
    own_prompts,
    variations,
    with_affixes,
)
from engine.quality.reading.located import Document
from engine.quality.reading.prompts import USUAL, Prompt, prompt_of, read_prompts
from engine.quality.reading.templates import NotSupported, TemplateFault, render, render_all
from engine.quality.reading.written_tests import (
    Written,
    WrittenCheck,
    find_tests,
    rows_of,
)

MOST_CASES: Final = 20_000
MOST_CHARACTERS: Final = 50_000_000


class CaseBuilder:
    """Reads one suite; what is wrong or not supported is told to the gathering."""

    def __init__(self, folder: Folder, gathering: Gathering) -> None:
        self._folder = folder
        self._gathering = gathering
        self._ids: set[str] = set()
        self._characters = 0

    def build(self, document: Document) -> list[Case]:
        """The cases of a document; raises TooManyFaults."""
        value = document.value
        usual = prompt_of("1", USUAL)
        if isinstance(value, list):
            if document.is_table and value and "prompt" not in value[0]:
                reason = f"no column is called “prompt”; it has {', '.join(value[0])}"
                self._gathering.fault(document, (), reason)
                return []
            nothing = alone(Written(fields={}, document=document, place=()), {})
            rows = rows_of(document, self._gathering, own_columns=True)
            return self._cases(rows, [usual], nothing, {})
        if not isinstance(value, dict):
            self._gathering.fault(document, (), "a suite is a list of cases, or {prompts, tests}")
            return []
        name_others(value, SUITE_KEYS, document, (), self._gathering)
        key = "tests" if "tests" in value else "cases"
        if key not in value:
            self._gathering.fault(document, (), "there are no tests in it")
            return []
        found = value.get("assertionTemplates")
        templates = found if isinstance(found, dict) else {}
        prompts = read_prompts(document, ("prompts",), self._folder, self._gathering)
        defaults = self._defaults(document, templates)
        if defaults is None:
            return []
        tests = find_tests(document, (key,), value[key], self._folder, self._gathering)
        return self._cases(tests, prompts, defaults, templates)

    def _defaults(self, document: Document, templates: Mapping[str, Any]) -> Laid | None:
        key = "defaultTest" if "defaultTest" in document.value else "defaults"
        value = document.value.get(key, {})
        place: Place = (key,)
        try:
            if isinstance(value, str):
                document, place = self._folder.document(value), ()
                value = document.value
            if not isinstance(value, dict):
                raise FieldFault((), "the defaults have to be a mapping")
            written = Written(fields=value, document=document, place=place)
            self._name_others(written)
            return alone(written, templates)
        except FieldFault as e:
            self._gathering.fault(document, (*place, *e.field), e.reason)
        except (FileFault, NotSupported) as e:
            self._gathering.fault(document, place, str(e))
        return None

    def _cases(
        self,
        tests: Iterator[Written],
        prompts: Sequence[Prompt],
        defaults: Laid,
        templates: Mapping[str, Any],
    ) -> list[Case]:
        cases: list[Case] = []
        for number, test in enumerate(tests, 1):
            self._name_others(test)
            try:
                laid = lay(alone(test, templates), defaults)
                if laid.checks and test.fields.get("choices") is not None:
                    reason = "its checks are not run: which of the choices is likeliest decides"
                    self._gathering.unsupported(test.document, test.place, reason)
                cases += self._cases_of(laid, prompts, str(number))
            except FieldFault as e:
                self._gathering.fault(test.document, (*test.place, *e.field), e.reason)
            except NotSupported as e:
                self._gathering.unsupported(test.document, test.place, f"the case is left out: {e}")
            if len(cases) > MOST_CASES:
                reason = f"it comes to more than {MOST_CASES} cases"
                self._gathering.fault(test.document, test.place, reason)
                break
        return cases

    def _name_others(self, test: Written) -> None:
        name_others(test.fields, CASE_KEYS, test.document, test.place, self._gathering)
        options = test.fields.get("options")
        if isinstance(options, dict):
            place = (*test.place, "options")
            name_others(options, OPTION_KEYS, test.document, place, self._gathering)

    def _cases_of(self, laid: Laid, prompts: Sequence[Prompt], number: str) -> Iterator[Case]:
        fields = laid.test.fields
        chosen = own_prompts(fields, self._folder) or prompts
        varied = variations(self._loaded(laid), laid.options, MOST_CASES // max(1, len(chosen)))
        base = optional_text(fields, "id") or number
        # Cases out of one test share its checks and most of its words: they are one draw.
        group = group_of(laid, f"test {base}" if len(chosen) * len(varied) > 1 else None)
        for prompt, (index, variables) in itertools.product(chosen, enumerate(varied, 1)):
            name = base
            name += f"/prompt-{prompt.label}" if len(chosen) > 1 else ""
            name += f"/{index}" if len(varied) > 1 else ""
            if name in self._ids:
                raise FieldFault(("id",), f"another case is called “{name}” as well")
            self._ids.add(name)
            try:
                yield self._case(laid, prompt, variables, name, group)
            except NotSupported as e:
                reason = f"the case “{name}” is left out: {e}"
                self._gathering.unsupported(laid.test.document, laid.test.place, reason)

    def _case(
        self, laid: Laid, prompt: Prompt, variables: Mapping[str, Any], name: str, group: str | None
    ) -> Case:
        fields = laid.test.fields
        try:
            messages = with_affixes(prompt.filled(variables), laid.options, variables)
            system = optional_text(fields, "system")
            if system is not None:
                messages = (Message(role="system", content=render(system, variables)), *messages)
            answers = tuple(render(answer, variables) for answer in answers_of(fields))
        except TemplateFault as e:
            raise FieldFault(("vars",), str(e)) from e
        self._count(messages)
        format_ = fields.get("format", "chat")
        if format_ not in {"chat", "completion"}:
            raise FieldFault(("format",), "it has to be chat or completion")
        choices, right = choices_of(fields)
        return Case(
            id=name,
            messages=messages,
            format=format_,
            continuations=choices,
            right=right,
            checks=tuple(self._check(each, variables) for each in laid.checks),
            threshold=laid.threshold,
            group=group,
            critical=is_critical(laid),
            description=optional_text(fields, "description"),
            answers=answers,
        )

    def _count(self, messages: Sequence[Message]) -> None:
        self._characters += sum(len(message.content) for message in messages)
        if self._characters > MOST_CHARACTERS:
            raise FieldFault((), f"the prompts come to more than {MOST_CHARACTERS} characters")

    def _check(self, check: WrittenCheck, variables: Mapping[str, Any]) -> Check:
        try:
            parsed = parse_check(self._with_file(render_all(check.value, variables)))
        except TemplateFault as e:
            self._gathering.fault(check.document, check.place, str(e))
        except NotSupported as e:
            self._gathering.unsupported(check.document, check.place, str(e))
            name = str(check.value.get("type")) if isinstance(check.value, dict) else "a check"
            return UnsupportedCheck(type=name, reason=f"{str(e)[:1].upper()}{str(e)[1:]}.")
        except FileFault as e:
            self._gathering.fault(check.document, (*check.place, "value"), e.reason)
        except FieldFault as e:
            self._gathering.fault(check.document, (*check.place, *e.field), e.reason)
        else:
            self._name_unsupported(parsed, check)
            return parsed
        return UnsupportedCheck(type="broken", reason="It cannot be used.")

    def _name_unsupported(self, parsed: Check, check: WrittenCheck) -> None:
        pending = [parsed]
        while pending:
            each = pending.pop()
            if isinstance(each, UnsupportedCheck):
                reason = f"“{each.type}” is not run: {each.reason}"
                self._gathering.unsupported(check.document, check.place, reason)
            pending += getattr(each, "checks", ())

    def _with_file(self, check: Any) -> Any:
        value = check.get("value") if isinstance(check, dict) else None
        if not isinstance(value, str) or not value.startswith("file://"):
            return check
        if value.lower().endswith((".json", ".yaml", ".yml")):
            return {**check, "value": self._folder.document(value).value}
        return {**check, "value": self._folder.text(value)}

    def _loaded(self, laid: Laid) -> dict[str, Any]:
        """The variables, those that name a text file replaced by its text."""
        loaded = {}
        for name, value in laid.variables.items():
            if isinstance(value, str) and value.startswith("file://"):
                try:
                    suffix = value.lower().rpartition(".")[2]
                    as_values = suffix in {"json", "yaml", "yml"}
                    read = self._folder.document if as_values else self._folder.text
                    found = read(value)
                except FileFault as e:
                    raise FieldFault(("vars", name), e.reason) from e
                loaded[name] = found.value if isinstance(found, Document) else found
            else:
                loaded[name] = value
        return loaded
