"""The models on this machine."""

from models.library.choices import LibraryError
from models.library.entry import Broken, Details, Entry
from models.library.library import Contents, Library, Watched
from models.library.places import Place
from models.library.roots import App, Root, app_roots

__all__ = [
    "App",
    "Broken",
    "Contents",
    "Details",
    "Entry",
    "Library",
    "LibraryError",
    "Place",
    "Root",
    "Watched",
    "app_roots",
]
