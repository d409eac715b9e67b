"""Files that cannot be contenders."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.contenders import read_contenders
from cli.usage import WrongUsage
from engine.contract import Runtime
from tests.cli.conftest import describe_nothing


@pytest.mark.parametrize("name", ["missing.gguf", "."])
def test_what_is_no_file_is_wrong_usage(tmp_path: Path, name: str) -> None:
    with pytest.raises(WrongUsage, match=r"no file|a folder"):
        read_contenders([tmp_path / name], Runtime(), describe_nothing)
