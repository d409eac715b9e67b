"""diverge: at which words a cheaper model would have left the reference's reply."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from cli.contenders import read_contenders
from cli.failures import EXIT_INTERRUPTED
from cli.interrupt import StopOnInterrupt
from cli.terminal import clean, complain, message_console, result_console, words, write_json
from engine.bench import Bench
from engine.client import Stopped
from engine.contract import Case, Contender, Failed, Message, Plan, Replied, Runtime, Sampling
from engine.divergence import Divergence, DivergenceBench
from engine.errors import RequestError
from engine.wording import margin_weight, probability
from models import fit
from models.describe import describe

_MOST_SHOWN: Final = 10


def diverge(
    reference: Path,
    candidate: Path,
    prompt: str,
    *,
    max_tokens: int,
    threads: int | None,
    as_json: bool,
) -> int:
    """Let the reference answer, then put its reply through the candidate."""
    runtime = Runtime(threads=threads)
    first, second = read_contenders([reference, candidate], runtime, describe)
    case = Case(id="1", messages=(Message(role="user", content=prompt),))
    try:
        reply = _reply(first, case, max_tokens)
        found = _divergence(first, second, case, reply)
    except Stopped:
        return EXIT_INTERRUPTED
    if as_json:
        write_json(found)
    else:
        print_divergence(result_console(), found)
    return 0


def _reply(contender: Contender, case: Case, max_tokens: int) -> str:
    """The reference's own reply, greedy; raises RequestError where it gives none."""
    message_console().print(words(f"{contender.name} answers …", "dim"))
    bench = Bench(fit=fit)
    plan = Plan(contenders=(contender,), cases=(case,), sampling=Sampling(max_tokens=max_tokens))
    text = ""
    try:
        with StopOnInterrupt(bench.stop) as interrupt:
            for event in bench.run(plan):
                if isinstance(event, Failed):
                    raise RequestError(event.reply.error or "The reference gave no reply.")
                if isinstance(event, Replied):
                    text = event.reply.text
    finally:
        bench.close()
    if interrupt.pressed:
        raise Stopped
    return text


def _divergence(first: Contender, second: Contender, case: Case, reply: str) -> Divergence:
    message_console().print(words(f"{second.name} reads that reply …", "dim"))
    bench = DivergenceBench(fit=fit)
    with StopOnInterrupt(bench.stop):
        for event in bench.run(first, second, case, reply):
            if isinstance(event, Divergence):
                return event
    raise Stopped


def print_divergence(console: Console, found: Divergence) -> None:
    """The reply with the places marked where the candidate would differ, then each of them."""
    places = found.differing
    total = len(found.tokens)
    console.print(_marked(found))
    console.print()
    if not places:
        console.print(
            words(f"{found.candidate} would have written every one of these {total} tokens.")
        )
        return
    console.print(
        words(
            f"At {len(places)} of {total} tokens {found.candidate} would have written another one than "
            f"{found.reference}; the first is token {places[0] + 1}."
        )
    )
    for place in places[:_MOST_SHOWN]:
        console.print(words(_difference(found, place)))
    if len(places) > _MOST_SHOWN:
        complain(f"{len(places) - _MOST_SHOWN} more; --json has them all.")


def _marked(found: Divergence) -> Text:
    text = Text()
    for unit in found.units:
        differs = any(token.rank > 1 for token in found.tokens[unit.start : unit.stop])
        text.append(clean(unit.text), style="reverse bold" if differs else "")
    return text


def _difference(found: Divergence, place: int) -> str:
    token = found.tokens[place]
    other = token.candidate_top[0]
    margin = found.margin(place)
    its_own = probability(token.candidate_probability)
    return (
        f"{place + 1:5}  {token.text!r} {probability(token.probability)} → {other.text!r} "
        f"{probability(other.probability)} (gives {token.text!r} {its_own}); "
        f"{margin_weight(margin)} for the reference, ahead by {100 * margin:.0f} points"
    )
