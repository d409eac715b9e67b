"""Where other programs keep model files. Only read from, never written to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

App = Literal[
    "Steelyard",
    "built in",
    "added",
    "LM Studio",
    "Ollama",
    "Jan",
    "GPT4All",
    "Hugging Face",
    "llama.cpp",
]


class Root(msgspec.Struct, frozen=True):
    """A folder, and whose it is: that decides how it is laid out."""

    app: App
    path: Path


def app_roots(home: Path, environment: Mapping[str, str], platform: str) -> tuple[Root, ...]:
    """The folders where these programs keep models by default, or where the environment says.

    platform is as in sys.platform. Most of them do not exist.
    """
    local, roaming = _application_folders(home, environment, platform)
    roots = [
        Root("LM Studio", home / ".lmstudio" / "models"),
        Root("LM Studio", home / ".cache" / "lm-studio" / "models"),
        Root("Ollama", home / ".ollama" / "models"),
        Root("Jan", local / "Jan" / "data"),
        Root("GPT4All", local / "nomic.ai" / "GPT4All"),
        Root("Hugging Face", _hub_cache(home, environment)),
        Root("llama.cpp", _llama_cpp_cache(home, local, platform)),
    ]
    if platform == "linux":
        roots.append(Root("Ollama", Path("/usr/share/ollama/.ollama/models")))
    if roaming != local:
        roots.append(Root("Jan", roaming / "Jan" / "data"))
    for app, name in (("Ollama", "OLLAMA_MODELS"), ("llama.cpp", "LLAMA_CACHE")):
        if value := environment.get(name):
            roots.append(Root(app, Path(value)))  # type: ignore[arg-type]  # of literals
    return tuple(roots)


def _application_folders(
    home: Path, environment: Mapping[str, str], platform: str
) -> tuple[Path, Path]:
    """Where programs keep data of this machine, and data that follows the user."""
    if platform == "darwin":
        support = home / "Library" / "Application Support"
        return support, support
    if platform == "win32":
        local = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
        return local, Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    return data, Path(environment.get("XDG_CONFIG_HOME") or home / ".config")


def _hub_cache(home: Path, environment: Mapping[str, str]) -> Path:
    if value := environment.get("HF_HUB_CACHE"):
        return Path(value)
    if value := environment.get("HF_HOME"):
        return Path(value) / "hub"
    return Path(environment.get("XDG_CACHE_HOME") or home / ".cache") / "huggingface" / "hub"


def _llama_cpp_cache(home: Path, local: Path, platform: str) -> Path:
    if platform == "darwin":
        return home / "Library" / "Caches" / "llama.cpp"
    return local / "llama.cpp" if platform == "win32" else home / ".cache" / "llama.cpp"
