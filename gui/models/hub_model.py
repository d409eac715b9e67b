"""The hub's side of the page without its widgets: a search, one repository, and the downloads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.client import Stopped
from engine.contract import Runtime
from engine.errors import SteelyardError
from gui.jobs import Cancelled, Jobs, Lane
from gui.models.choices_model import ChoicesModel
from gui.models.found_model import FoundModel
from gui.models.hub_desk import HubDesk, Verdicts
from gui.models.questions import Questions
from gui.settings import HubChoices

if TYPE_CHECKING:
    from models.download.queue import Download
    from models.hub.client import Found, Query, Repository
    from models.hub.foretold import Facts
    from models.hub.listing import Choice
    from models.hub.settings import HubSettings
    from models.library import Entry
    from models.library.standing import Newer

BYTES_PER_MB: Final = 1_000_000
OFFLINE_WORDS: Final = (
    "Offline: nothing is contacted. Searching and downloading need the network; switch this off "
    "for them."
)


T = TypeVar("T")


class HubModel(QObject):
    """No host is contacted unless a search, a repository, newer files or a download is asked for.

    Each question ends the waiting for the one before it of its kind.
    """

    state_changed = Signal()
    """What is being asked, what is offline, or which repository is open."""
    repository_changed = Signal()
    facts_changed = Signal()
    """The open repository's header was read."""
    downloads_changed = Signal()
    downloaded = Signal()
    newer_known = Signal(object)
    """The paths of models that have a newer file on the hub."""
    noticed = Signal(str)
    failed = Signal(str)

    def __init__(
        self, jobs: Jobs, desk: HubDesk, made: HubChoices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._desk = desk
        self.found = FoundModel(self)
        self.choices = ChoicesModel(self)
        self.choices_made = made
        self.forced_offline = False
        self.endpoint = ""
        self.repository: Repository | None = None
        self.facts: Facts | None = None
        self.downloads: dict[str, Download] = {}
        self._runtime = Runtime()
        self._questions = Questions()
        self._cancelled: set[str] = set()
        self._opened = False
        self.found.more_wanted.connect(self._fetch_more)

    @property
    def busy(self) -> str:
        """What is being asked, in words."""
        return self._questions.words

    @property
    def offline(self) -> bool:
        return self.choices_made.offline

    # Opening -----------------------------------------------------------------------------------

    def open(self) -> None:
        """Find unfinished downloads; nothing is contacted."""
        if not self._opened:
            self._opened = True
            self._limit()
            self._connect()

    def close(self) -> None:
        """Let downloads rest; they are found again at the next start."""
        self._desk.end()

    def set_offline(self, offline: bool) -> None:
        """Offline, running downloads rest; nothing is contacted until it is switched off."""
        if offline != self.offline:
            self.choices_made = msgspec.structs.replace(self.choices_made, offline=offline)
            self._questions.give_up()
            self._give_up()
            if self._opened:
                self._connect()
            self.state_changed.emit()

    def set_limits(self, mb_per_s: float | None, at_once: int) -> None:
        """What all downloads together may take, and how many run at once."""
        self.choices_made = msgspec.structs.replace(
            self.choices_made, mb_per_s=mb_per_s, at_once=at_once
        )
        self._limit()

    def why_not_contact(self) -> str:
        if self.forced_offline:
            return "Offline: HF_HUB_OFFLINE is set in the environment, so nothing is contacted."
        return OFFLINE_WORDS if self.offline else ""

    # Looking -----------------------------------------------------------------------------------

    def search(self, query: Query, *, only_fitting: bool = False) -> None:
        """Words are searched for; `owner/model` or an address opens that repository."""
        from models.hub.address import parse_address

        if self._refuses_contact():
            return
        address = parse_address(query.words)
        if address is not None:
            self.show_repository(address.repo, address.revision)
            return
        turn = self._desk.give_up_search()
        work = partial(self._desk.search, query, turn, only_fitting=only_fitting)
        self._ask("hub", "Searching…", work, self._take_found)

    def show_repository(self, repo: str, revision: str | None = None) -> None:
        if self._refuses_contact():
            return
        turn = self._desk.give_up_listing()
        work = partial(self._desk.repository, repo, revision, turn)
        self._ask("repository", f"Listing {repo}…", work, self._take_repository)

    def look_for_newer(self, entries: Iterable[Entry]) -> None:
        """Ask the hub which of these have another content there now; nothing is fetched."""
        if self._refuses_contact():
            return
        self.open()
        work = partial(self._desk.newer, tuple(entries))
        self._ask("newer", "Looking for newer files…", work, self._take_newer)

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
        if self.choices.standing(choice) == "here":
            return "It is here already."
        return self.why_not_contact()

    def download(self, choice: Choice, *, replaces: bool = False) -> None:
        """replaces: a file of that name with other content is overwritten once this one is whole."""
        if self.repository is not None and not self.why_not_download(choice):
            work = partial(self._desk.download, self.repository, choice, replaces=replaces)
            self._do(work)

    def pause(self, download_id: str) -> None:
        self._do(partial(self._desk.pause, download_id))

    def resume(self, download_id: str) -> None:
        if not self._refuses_contact():
            self._do(partial(self._desk.resume, download_id))

    def cancel(self, download_id: str) -> None:
        """Delete what came so far, or take a finished one off the list."""
        self._cancelled.add(download_id)
        self._do(partial(self._desk.cancel, download_id))

    # -------------------------------------------------------------------------------------------

    def _refuses_contact(self) -> bool:
        """Whether nothing may be contacted; says why then."""
        why = self.why_not_contact()
        if why:
            self.failed.emit(why)
        return bool(why)

    def _connect(self) -> None:
        work = partial(self._desk.open, self.offline, self._jobs.relay(self._take_download))
        self._jobs.start("hub", work, self._take_settings, self._fail)
        self._list_downloads()

    def _limit(self) -> None:
        mb_per_s = self.choices_made.mb_per_s
        bytes_per_s = None if mb_per_s is None else mb_per_s * BYTES_PER_MB
        self._jobs.start("files", partial(self._desk.limit, bytes_per_s, self.choices_made.at_once))

    def _give_up(self) -> None:
        self._desk.give_up_search()
        self._desk.give_up_listing()

    def _ask(
        self, lane: Lane, words: str, work: Callable[[], object], done: Callable[..., None]
    ) -> None:
        """Ask the hub; answers to what was asked before in this lane are dropped."""
        turn = self._questions.ask(lane, words)
        current = partial(self._if_current, lane, turn, done)
        failed = partial(self._fail_turn, lane, turn)
        self._jobs.start(lane, partial(_or_cancelled, work), current, failed)
        self.state_changed.emit()

    def _if_current(self, lane: Lane, turn: int, done: Callable[..., None], result: object) -> None:
        if self._questions.answered(lane, turn):
            done(result)
            self.state_changed.emit()

    def _fetch_more(self) -> None:
        self._ask("hub", "Searching further…", self._desk.more, self._append_found)

    def _take_found(self, page: tuple[tuple[Found, ...], bool]) -> None:
        found, more = page
        self.found.show_found(found, more=more)
        if not found:
            self.noticed.emit("The hub knows no GGUF models like that.")

    def _append_found(self, page: tuple[tuple[Found, ...], bool]) -> None:
        found, more = page
        self.found.append(found, more=more)

    def _take_newer(self, newer: Newer) -> None:
        self.newer_known.emit(newer.models)
        for fault in newer.faults:
            self.failed.emit(fault)
        if newer.models:
            names = ", ".join(path.name for path in newer.models)
            self.noticed.emit(f"The hub has newer ones of: {names}. Nothing was replaced.")
        elif not newer.faults:
            self.noticed.emit("The hub has no newer files of the models that came from there.")

    def _take_repository(self, repository: Repository) -> None:
        self.repository, self.facts = repository, None
        self.choices.show_repository(repository)
        self.repository_changed.emit()
        self._look_what_is_here()
        self._judge(repository)

    def _judge(self, repository: Repository) -> None:
        work = partial(self._desk.foretell, repository, self._runtime)
        done = partial(self._take_fits, repository)
        failed = partial(self._do_without_fits, repository)
        self._jobs.start("repository", partial(_or_cancelled, work), done, failed)

    def _take_fits(self, repository: Repository, verdicts: Verdicts) -> None:
        if repository is self.repository:
            self.facts = verdicts.facts
            self.choices.show_verdicts(verdicts)
            self.facts_changed.emit()

    def _do_without_fits(self, repository: Repository, fault: SteelyardError) -> None:
        """A header that cannot be read leaves the verdicts open, each with the reason."""
        if repository is self.repository and not isinstance(fault, Cancelled):
            for choice in repository.listing.choices:
                if choice.kind == "model":
                    self.choices.show_fit(choice.label, str(fault))

    def _look_what_is_here(self) -> None:
        repository = self.repository
        if repository is not None:
            work = partial(self._desk.standings, repository)
            self._jobs.start("files", work, self.choices.show_standings)

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
        if download.state == "waiting":
            self._cancelled.discard(download.id)
        elif download.id in self._cancelled:
            return  # told before it was cancelled, and late
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

    def _fail_turn(self, lane: Lane, turn: int, fault: SteelyardError) -> None:
        if self._questions.answered(lane, turn):
            self.state_changed.emit()
            self._fail(fault)

    def _fail(self, fault: SteelyardError) -> None:
        self.failed.emit(str(fault))


def _or_cancelled(work: Callable[[], T]) -> T:
    try:
        return work()
    except Stopped:
        raise Cancelled("The question to the hub was given up.") from None
