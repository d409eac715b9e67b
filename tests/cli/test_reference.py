"""docs/cli.md says what the commands say."""

from __future__ import annotations

from cli.reference import TARGET, reference


def test_the_page_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == reference(), "Run `python -m cli.reference`."
