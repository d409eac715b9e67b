"""The hub's side of the page without its widgets: a search, one repository, and the downloads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.contract import Runtime
from engine.errors import SteelyardError
from gui.jobs import Jobs
from gui.models.choices_model import ChoicesModel
from gui.models.found_model import FoundModel
from gui.models.hub_desk import AT_ONCE, HubDesk

if TYPE_CHECKING:
    from models.download.queue import Download
    from models.fit import Fit
    from models.hub.client import Found, Repository, SortedBy
    from models.hub.listing import Choice
    from models.hub.settings import HubSettings

OFFLINE_WORDS = (
    "Offline: nothing is contacted. Searching and downloading need the network; switch this off "
    "for them."
)


class HubModel(QObject):
    """No host is contacted unless `search`, `show_repository` or a download is asked for."""

    state_changed = Signal()
    """What is being asked, what is offline, or which repository is open."""
    repository_changed = Signal()
    downloads_changed = Signal()
    downloaded = Signal()
    noticed = Signal(str)
    failed = Signal(str)

    def __init__(
        self, jobs: Jobs, desk: HubDesk, offline: bool, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._desk = desk
        self.found = FoundModel(self)
        self.choices = ChoicesModel(self)
        self.offline = offline
        self.forced_offline = False
        self.busy = ""
        self.endpoint = ""
        self.repository: Repository | None = None
        self.downloads: dict[str, Download] = {}
        self._runtime = Runtime()
        self._turn = 0
        self._opened = False
        self.found.more_wanted.connect(self._fetch_more)

    # Opening -----------------------------------------------------------------------------------

    def open(self) -> None:
        """Find unfinished downloads; nothing is contacted."""
        if not self._opened:
            self._opened = True
            self._connect()

    def close(self) -> None:
        """Let downloads rest; they are found again at the next start."""
        self._desk.close()

    def set_offline(self, offline: bool) -> None:
        """Offline, running downloads rest; nothing is contacted until it is switched off."""
        if offline != self.offline:
            self.offline = offline
            self._turn += 1
            if self._opened:
                self._connect()
            self.state_changed.emit()

    def why_not_contact(self) -> str:
        if self.forced_offline:
            return "Offline: HF_HUB_OFFLINE is set in the environment, so nothing is contacted."
        return OFFLINE_WORDS if self.offline else ""

    # Looking -----------------------------------------------------------------------------------

    def search(self, text: str, sorted_by: SortedBy) -> None:
        """Words are searched for; `owner/model` or an address opens that repository."""
        from models.hub.address import parse_address
        from models.hub.client import Query

        if self.why_not_contact():
            self.failed.emit(self.why_not_contact())
            return
        address = parse_address(text)
        if address is not None:
            self.show_repository(address.repo, address.revision)
            return
        query = Query(words=text.strip(), sorted_by=sorted_by)
        self._ask("Searching…", partial(self._desk.search, query), self._take_found)

    def show_repository(self, repo: str, revision: str | None = None) -> None:
        if self.why_not_contact():
            self.failed.emit(self.why_not_contact())
            return
        work = partial(self._desk.repository, repo, revision)
        self._ask(f"Listing {repo}…", work, self._take_repository)

    def change_runtime(self, runtime: Runtime) -> None:
        """Judge the open repository in other settings."""
        self._runtime = runtime
        self.choices.forget_fits()
        if self.repository is not None and not self.why_not_contact():
            self._judge(self.repository)

    def keep_token(self, token: str) -> None:
        self._jobs.start("hub", partial(self._desk.keep_token, token), self._say_kept, self._fail)

    # Downloading -------------------------------------------------------------------------------

    def why_not_download(self, choice: Choice | None) -> str:
        if choice is None or self.repository is None:
            return "Choose a quantization first."
        if choice.missing:
            return "Parts of it are missing on the hub."
        if self.choices.is_here(choice):
            return "It is here already."
        return self.why_not_contact()

    def download(self, choice: Choice) -> None:
        if self.repository is not None and not self.why_not_download(choice):
            self._do(partial(self._desk.download, self.repository, choice))

    def pause(self, download_id: str) -> None:
        self._do(partial(self._desk.pause, download_id))

    def resume(self, download_id: str) -> None:
        if self.why_not_contact():
            self.failed.emit(self.why_not_contact())
        else:
            self._do(partial(self._desk.resume, download_id))

    def cancel(self, download_id: str) -> None:
        """Delete what came so far, or take a finished one off the list."""
        self._do(partial(self._desk.cancel, download_id))

    # -------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        work = partial(self._desk.open, self.offline, self._jobs.relay(self._take_download))
        self._jobs.start("hub", work, self._take_settings, self._fail)
        self._list_downloads()

    def _ask(self, words: str, work: Callable[[], object], done: Callable[..., None]) -> None:
        """Ask the hub; answers to what was asked before are dropped."""
        self._turn += 1
        self.busy = words
        turn = self._turn
        self._jobs.start(
            "hub", work, partial(self._if_current, turn, done), partial(self._fail_turn, turn)
        )
        self.state_changed.emit()

    def _if_current(self, turn: int, done: Callable[..., None], result: object) -> None:
        if turn == self._turn:
            self.busy = ""
            done(result)
            self.state_changed.emit()

    def _fetch_more(self) -> None:
        turn = self._turn
        done = partial(self._if_current, turn, self._append_found)
        self._jobs.start("hub", self._desk.more, done, partial(self._fail_turn, turn))

    def _take_found(self, found: tuple[Found, ...]) -> None:
        self.found.show_found(found, more=len(found) == AT_ONCE)
        if not found:
            self.noticed.emit("The hub knows no GGUF models by these words.")

    def _append_found(self, found: tuple[Found, ...]) -> None:
        self.found.append(found, more=len(found) == AT_ONCE)

    def _take_repository(self, repository: Repository) -> None:
        self.repository = repository
        self.choices.show_repository(repository, frozenset())
        self.repository_changed.emit()
        self._look_what_is_here()
        self._judge(repository)

    def _judge(self, repository: Repository) -> None:
        work = partial(self._desk.foretold_fits, repository, self._runtime)
        done = partial(self._take_fits, repository)
        self._jobs.start("hub", work, done, partial(self._do_without_fits, repository))

    def _take_fits(self, repository: Repository, fits: dict[str, Fit]) -> None:
        if repository is self.repository:
            for label, fit in fits.items():
                self.choices.show_fit(label, fit)

    def _do_without_fits(self, repository: Repository, fault: SteelyardError) -> None:
        """A header that cannot be read leaves the verdicts open, each with the reason."""
        if repository is self.repository:
            for choice in repository.listing.choices:
                self.choices.show_fit(choice.label, str(fault))

    def _look_what_is_here(self) -> None:
        repository = self.repository
        if repository is not None:
            work = partial(self._desk.here, repository)
            self._jobs.start("files", work, self.choices.show_here)

    def _do(self, work: Callable[[], None]) -> None:
        # Not in the hub's lane: an answer that does not come must not hold up a pause.
        self._jobs.start("files", work, self._list_after, self._fail)

    def _list_after(self, _: None) -> None:
        self._list_downloads()

    def _list_downloads(self) -> None:
        self._jobs.start("hub", self._desk.downloads, self._take_downloads)

    def _take_downloads(self, downloads: tuple[Download, ...]) -> None:
        self.downloads = {each.id: each for each in downloads}
        self.downloads_changed.emit()

    def _take_download(self, download: Download) -> None:
        before = self.downloads.get(download.id)
        self.downloads[download.id] = download
        self.downloads_changed.emit()
        if download.state == "done" and (before is None or before.state != "done"):
            self.noticed.emit(f"{download.selection.label} is here, whole and checked.")
            self._look_what_is_here()
            self.downloaded.emit()

    def _take_settings(self, settings: HubSettings) -> None:
        self.endpoint = settings.endpoint
        self.forced_offline = settings.offline and not self.offline
        self.state_changed.emit()

    def _say_kept(self, _: None) -> None:
        self.noticed.emit("The token is kept in this system's keyring. Try again now.")

    def _fail_turn(self, turn: int, fault: SteelyardError) -> None:
        if turn == self._turn:
            self.busy = ""
            self.state_changed.emit()
            self._fail(fault)

    def _fail(self, fault: SteelyardError) -> None:
        self.failed.emit(str(fault))
