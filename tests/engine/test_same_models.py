"""Contenders that are one and the same are named."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from engine.contract import Contender, ModelFile, Runtime
from engine.same_models import other_settings_remarks, same_model_remarks


def _contender(name: str, path: str, sha256: str | None = None) -> Contender:
    model = ModelFile(path=path, file=Path(path).name, size_bytes=1, sha256=sha256)
    return Contender(name=name, model=model)


def test_the_references_file_and_one_given_twice_are_named() -> None:
    contenders = (
        _contender("big", "/m/big.gguf"),
        _contender("small", "/m/small.gguf"),
        _contender("big (2)", "/m/big.gguf"),
        _contender("small (2)", "/m/small.gguf"),
    )
    assert same_model_remarks(contenders) == (
        "big (2) is the reference's own file with the same settings: what differs is rounding or chance.",
        "small (2) is the same file as small, with the same settings: measured twice.",
    )


def test_a_link_and_a_copy_of_the_same_bytes_are_the_same_file(tmp_path: Path) -> None:
    file = tmp_path / "big.gguf"
    file.write_bytes(b"GGUF")
    (tmp_path / "link.gguf").symlink_to(file)
    reference = _contender("big", str(file), "12ab")
    others = (
        _contender("link", str(tmp_path / "link.gguf")),
        _contender("copy", "/elsewhere/copy.gguf", "12ab"),
        _contender("unknown", "/elsewhere/unknown.gguf"),
    )
    told = same_model_remarks((reference, *others))
    assert [each.split()[0] for each in told] == ["link", "copy"]


def test_the_same_file_with_other_settings_is_a_comparison_like_any_other() -> None:
    reference = _contender("big", "/m/big.gguf")
    small_cache = replace(reference, name="q8 cache", runtime=Runtime(type_k="q8_0", type_v="q8_0"))
    assert same_model_remarks((reference, small_cache)) == ()
    (told,) = other_settings_remarks((reference, reference, small_cache))
    assert told == (
        "q8 cache and big run with different settings (type of the K cache, type of the V cache), "
        "which is a part of what differs."
    )
    more_threads = replace(reference, name="fast", runtime=Runtime(threads=8))
    assert other_settings_remarks((reference, more_threads)) == ()
