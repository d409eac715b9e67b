"""What a fidelity run is measured on: a text, the user's prompts, or a recorded session's replies."""

from __future__ import annotations

from collections.abc import Callable

from cli.fidelity_options import FidelityOptions
from cli.usage import WrongUsage, read_text
from engine.contract import (
    BundledSource,
    Contender,
    PromptsSource,
    RepliesSource,
    Session,
    TextFileSource,
)
from engine.errors import PlanError
from engine.fidelity import FidelityPlan, RepliesPlan
from engine.fidelity_again import source_file
from engine.fidelity_plan import DEFAULT_N_CTX
from engine.quality.bundled import DEFAULT_TEXT, bundled_text, read_bundled
from engine.quality.prompts import read_prompts
from engine.recorded_replies import recorded_replies


def make_plan(
    contenders: tuple[Contender, ...],
    options: FidelityOptions,
    read_session: Callable[[str], Session],
) -> FidelityPlan | RepliesPlan:
    """The first contender is the reference; raises WrongUsage and SteelyardError."""
    given = {
        "--text": options.text,
        "--bundled": options.bundled,
        "--prompts": options.prompts,
        "--session": options.session,
    }
    named = [option for option, value in given.items() if value is not None]
    if len(named) > 1:
        raise WrongUsage(f"Give only one of {' and '.join(named)}.")
    if options.prompts is not None or options.session is not None:
        return _on_replies(contenders, options, read_session)
    return _on_text(contenders, options)


def _on_text(contenders: tuple[Contender, ...], options: FidelityOptions) -> FidelityPlan:
    if options.text is not None:
        name, text = options.text.name, read_text(options.text, "--text")
        source: BundledSource | TextFileSource = source_file(TextFileSource, options.text)
    else:
        try:
            bundled = bundled_text(options.bundled or DEFAULT_TEXT)
        except PlanError as error:
            raise WrongUsage(str(error)) from error
        name, text = bundled.title, read_bundled(bundled)
        source = BundledSource(name=bundled.name)
    return FidelityPlan(
        reference=contenders[0],
        candidates=contenders[1:],
        text=text,
        text_name=name,
        n_ctx=options.ctx or DEFAULT_N_CTX,
        max_chunks=options.chunks,
        until=options.until,
        noise_floor=not options.no_noise_floor,
        source=source,
    )


def _on_replies(
    contenders: tuple[Contender, ...],
    options: FidelityOptions,
    read_session: Callable[[str], Session],
) -> RepliesPlan:
    if options.session is not None:
        session = read_session(options.session)
        name = f"session {session.id}"
        cases, replies = recorded_replies(session, contenders[0])
        source: PromptsSource | RepliesSource = RepliesSource(session=session.id)
    else:
        assert options.prompts is not None
        if not options.prompts.is_file():
            raise WrongUsage(f"There is no file {options.prompts}, given to --prompts.")
        name, cases, replies = options.prompts.name, read_prompts(options.prompts), {}
        source = source_file(PromptsSource, options.prompts)
    return RepliesPlan(
        reference=contenders[0],
        candidates=contenders[1:],
        cases=cases[: options.chunks],
        name=name,
        replies=replies,
        max_tokens=options.max_tokens,
        until=options.until,
        noise_floor=not options.no_noise_floor,
        source=source,
    )
