"""How replies are generated, asked on the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.usage import WrongUsage, read_text
from engine.contract import Gbnf, JsonSchema, Sampling

_SAMPLING: Final = "Sampling"


@dataclass(frozen=True)
class SamplingOptions:
    max_tokens: Annotated[
        int,
        typer.Option(
            "-n",
            "--max-tokens",
            min=1,
            metavar="N",
            help="End a reply after so many tokens.",
            rich_help_panel=_SAMPLING,
        ),
    ] = Sampling().max_tokens
    temperature: Annotated[
        float,
        typer.Option(
            min=0.0,
            metavar="T",
            help="0 always takes the likeliest token, so that comparisons repeat.",
            rich_help_panel=_SAMPLING,
        ),
    ] = Sampling().temperature
    seed: Annotated[
        int, typer.Option(min=0, metavar="N", rich_help_panel=_SAMPLING, help="For chance above 0.")
    ] = Sampling().seed
    top_k: Annotated[
        int, typer.Option(min=0, metavar="N", rich_help_panel=_SAMPLING, help="0 is off.")
    ] = Sampling().top_k
    top_p: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="P", rich_help_panel=_SAMPLING, help="1 is off."),
    ] = Sampling().top_p
    min_p: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="P", rich_help_panel=_SAMPLING, help="0 is off."),
    ] = Sampling().min_p
    typical: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="P", rich_help_panel=_SAMPLING, help="1 is off."),
    ] = Sampling().typical_p
    repeat_penalty: Annotated[
        float, typer.Option(min=0, metavar="X", rich_help_panel=_SAMPLING, help="1 is off.")
    ] = Sampling().repeat_penalty
    presence_penalty: Annotated[
        float, typer.Option(metavar="X", rich_help_panel=_SAMPLING, help="0 is off.")
    ] = Sampling().presence_penalty
    frequency_penalty: Annotated[
        float, typer.Option(metavar="X", rich_help_panel=_SAMPLING, help="0 is off.")
    ] = Sampling().frequency_penalty
    dry_multiplier: Annotated[
        float, typer.Option(min=0, metavar="X", rich_help_panel=_SAMPLING, help="0 is off.")
    ] = Sampling().dry_multiplier
    xtc_probability: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="P", rich_help_panel=_SAMPLING, help="0 is off."),
    ] = Sampling().xtc_probability
    logit_bias: Annotated[
        list[str],
        typer.Option(
            metavar="TOKEN=X",
            help="Add X to the logit of the token with this id; repeatable.",
            rich_help_panel=_SAMPLING,
        ),
    ] = field(default_factory=list)
    stop: Annotated[
        list[str],
        typer.Option(
            metavar="TEXT",
            help="End a reply before this text; repeatable. \\n stands for a new line.",
            rich_help_panel=_SAMPLING,
        ),
    ] = field(default_factory=list)
    json_schema: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Let replies be JSON of this schema only.",
            rich_help_panel=_SAMPLING,
        ),
    ] = None
    grammar: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Let replies follow this GBNF grammar only.",
            rich_help_panel=_SAMPLING,
        ),
    ] = None
    logprobs: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Record each token's log-probability, and those of its N best alternatives.",
            rich_help_panel=_SAMPLING,
        ),
    ] = None

    def sampling(self) -> Sampling:
        return Sampling(
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            seed=self.seed,
            top_k=self.top_k,
            top_p=self.top_p,
            min_p=self.min_p,
            repeat_penalty=self.repeat_penalty,
            typical_p=self.typical,
            presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty,
            dry_multiplier=self.dry_multiplier,
            xtc_probability=self.xtc_probability,
            logit_bias=dict(_bias(each) for each in self.logit_bias),
            stop=tuple(_unescaped(each) for each in self.stop),
            constraint=self._constraint(),
            top_logprobs=self.logprobs,
        )

    def _constraint(self) -> Gbnf | JsonSchema | None:
        if self.json_schema and self.grammar:
            raise WrongUsage("Give either --json-schema or --grammar, not both.")
        if self.json_schema:
            return JsonSchema(schema=read_text(self.json_schema, "--json-schema"))
        if self.grammar:
            return Gbnf(grammar=read_text(self.grammar, "--grammar"))
        return None


def _unescaped(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t")


def _bias(text: str) -> tuple[int, float]:
    token, _, value = text.partition("=")
    try:
        return int(token), float(value)
    except ValueError:
        raise WrongUsage(f"--logit-bias takes TOKEN=X, as in 15=-2.5, not “{text}”.") from None
