"""The sizes of paper that reports are printed on."""

from __future__ import annotations

from typing import Literal

Paper = Literal["a4", "letter"]
