"""A model's header, read where it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import NotGguf
from models.fit import profile_of
from models.gguf import read_model
from models.hub.http import HubHttp
from models.hub.remote import FIRST_BYTES, read_remote_model
from tests.models import ggufs
from tests.models.fakehub import FakeHub, File
from tests.models.hub.questions import asks


def test_a_header_is_read_there_and_tells_the_same_as_here(
    hub: FakeHub, http: HubHttp, small_model: Path
) -> None:
    hub.add("owner/m", {"m-Q4_1.gguf": File(path=small_model, sha256="0" * 64)})
    repository = asks(hub).repository("owner/m")
    there = read_remote_model(http, repository, repository.listing.choices[0])
    here = read_model(small_model)
    assert (there.metadata, there.tensors) == (here.metadata, here.tensors)
    assert profile_of(there) == profile_of(here)
    # Its header has 1.8 MB: two requests, the second for twice as much.
    assert [seen.range for seen in hub.store_requests()] == [
        f"bytes=0-{FIRST_BYTES - 1}",
        "bytes=1048576-3145727",
    ]


def test_all_parts_of_a_split_model_are_read_there(hub: FakeHub, http: HubHttp) -> None:
    parts = {
        f"m-0000{n}-of-00002.gguf": ggufs.gguf(
            [ggufs.u32("split.count", 2)], [ggufs.f32(f"blk.{n}.w", 8)]
        )
        for n in (1, 2)
    }
    hub.add("owner/m", dict(parts))
    repository = asks(hub).repository("owner/m")
    model = read_remote_model(http, repository, repository.listing.choices[0])
    assert [tensor.name for tensor in model.tensors] == ["blk.1.w", "blk.2.w"]


def test_a_store_without_ranges_costs_no_more_than_the_first_piece(
    hub: FakeHub, http: HubHttp
) -> None:
    hub.add("owner/m", {"m.gguf": ggufs.small_model() + bytes(20_000_000)})
    hub.faults.ignores_ranges = True
    repository = asks(hub).repository("owner/m")
    assert read_remote_model(http, repository, repository.listing.choices[0]).tensors
    assert len(hub.store_requests()) == 1


def test_what_is_no_gguf_there_is_said_so(hub: FakeHub, http: HubHttp) -> None:
    hub.add("owner/m", {"m.gguf": b"PK\x03\x04" + bytes(100)})
    repository = asks(hub).repository("owner/m")
    with pytest.raises(NotGguf, match=r"owner/m/m\.gguf is a zip"):
        read_remote_model(http, repository, repository.listing.choices[0])
