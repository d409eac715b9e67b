from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from engine.errors import StorageError
from storage import schema
from storage.database import Database
from storage.history import History
from storage.tables import Base
from tests.storage import samples
from tests.storage.processes import ROOT, integrity

OLD_DATABASES = Path(__file__).parent / "data"
MIGRATIONS = ROOT / "storage" / "migrations"


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(params=schema.REVISIONS)
def old_database(request: pytest.FixtureRequest, path: Path) -> Path:
    """A database as the version of that revision left it."""
    shutil.copy(OLD_DATABASES / f"history-{request.param}.sqlite3", path)
    return path


def test_every_released_schema_is_upgraded_and_then_used(old_database: Path) -> None:
    with History.open(old_database) as history:
        short, whole = history.sessions()
        assert (whole.title, whole.n_replies, whole.n_jobs) == ("Two at once, long ago", 8, 8)
        assert (short.title, short.status) == ("Cut short", "interrupted")
        session = history.session(whole.id)
        assert session.replies[0].runtime == samples.RUNTIME
        assert session.replies[7].text == "The steelyard weighs naïvely 東京 case 1 1 model 1"
        history.recorder().resume(short.id)
        history.recorder().record(short.id, samples.reply("model 1"))
        history.recorder().end(short.id, "finished")
        assert len(history.session(short.id).replies) == 2
        history.delete(whole.id)
        assert len(history.sessions()) == 1
    assert integrity(old_database) == ["ok"]


def is_no_index_of_words(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or not str(name).startswith("found")


def test_the_migrations_make_the_tables_that_the_queries_expect(path: Path) -> None:
    History.open(path).close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        options = {"compare_type": True, "include_name": is_no_index_of_words}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_the_known_revisions_are_those_of_the_migrations() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    assert tuple(script.revision for script in scripts)[::-1] == schema.REVISIONS


def test_migrations_import_nothing_of_ours() -> None:
    for script in MIGRATIONS.rglob("*.py"):
        words = script.read_text(encoding="utf-8").split()
        assert not {"engine", "models", "storage"} & set(words), script


def test_a_current_database_is_opened_without_alembic(path: Path) -> None:
    History.open(path).close()
    code = (
        "import sys; from pathlib import Path; from storage.history import History;"
        "History.open(Path(sys.argv[1])).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
    assert not (path.parent / "backups").exists()


@pytest.fixture
def newer(path: Path) -> Path:
    shutil.copy(OLD_DATABASES / f"history-{schema.REVISIONS[-1]}.sqlite3", path)
    query(path, "UPDATE alembic_version SET version_num = 'f00'")
    query(path, "PRAGMA journal_mode = WAL")
    return path


def test_a_database_of_a_newer_version_is_only_read(newer: Path) -> None:
    before = newer.read_bytes()
    with History.open(newer) as history:
        assert history.read_only is not None
        assert "newer version of Steelyard" in history.read_only
        whole = history.sessions()[1]
        assert len(history.session(whole.id).replies) == 8
        for change in (
            lambda: history.delete(whole.id),
            lambda: history.rename(whole.id, "x"),
            lambda: history.recorder().begin(samples.plan(), samples.ENVIRONMENT),
        ):
            with pytest.raises(StorageError, match="newer version of Steelyard"):
                change()
    assert newer.read_bytes() == before


def test_what_a_newer_version_keeps_otherwise_is_a_sentence_not_a_crash(newer: Path) -> None:
    query(newer, "UPDATE session SET body = x'80'")
    query(newer, "ALTER TABLE contender RENAME COLUMN name TO called")
    with History.open(newer) as history:
        with pytest.raises(StorageError, match="newer version of Steelyard"):
            history.sessions()
        query(newer, "ALTER TABLE contender RENAME COLUMN called TO name")
        with pytest.raises(StorageError, match="newer version of Steelyard"):
            history.session(history.sessions()[0].id)


def test_a_history_of_this_version_may_be_written(history: History) -> None:
    assert history.read_only is None


def test_a_database_of_another_program_is_left_as_it_is(path: Path) -> None:
    query(path, "CREATE TABLE song (name TEXT)")
    with pytest.raises(StorageError, match="another program"):
        History.open(path)
    assert query(path, "SELECT name FROM sqlite_schema") == [("song",)]


@pytest.fixture
def outdated(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A database one revision behind: the migrations have one more than the tables."""
    History.open(path).close()
    migrations = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    (migrations / "versions" / "9999_next.py").write_text(
        "from alembic import op\n"
        f"revision, down_revision = '9999', '{schema.REVISIONS[-1]}'\n"
        "def upgrade():\n"
        "    op.execute('CREATE TABLE next (number INTEGER)')\n"
        "    op.execute('DROP TABLE bin')\n"
    )
    monkeypatch.setattr(schema, "_MIGRATIONS", migrations)
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9999"))
    return path


def tables(path: Path) -> set[object]:
    return {row[0] for row in query(path, "SELECT name FROM sqlite_schema WHERE type = 'table'")}


def backups(path: Path) -> list[Path]:
    return sorted((path.parent / "backups").iterdir())


def migrate(path: Path) -> None:
    database = Database(path)
    try:
        schema.migrate(database)
    finally:
        database.close()


def test_an_upgrade_keeps_a_copy_that_opens_by_itself(outdated: Path) -> None:
    migrate(outdated)
    assert {"next"} <= tables(outdated)
    assert "bin" not in tables(outdated)
    (backup,) = backups(outdated)
    assert {"bin", "session"} <= tables(backup)
    assert integrity(backup) == ["ok"]


def test_the_copy_holds_what_is_only_in_the_log_yet(outdated: Path) -> None:
    with closing(sqlite3.connect(outdated)) as other, other:
        other.execute("PRAGMA wal_autocheckpoint = 0")
        other.execute("INSERT INTO bin VALUES (7, 0)")
        other.commit()
        migrate(outdated)
    (backup,) = backups(outdated)
    assert query(backup, "SELECT session FROM bin") == [(7,)]


def test_only_the_last_three_copies_are_kept(outdated: Path) -> None:
    folder = outdated.parent / "backups"
    folder.mkdir()
    for year in (2021, 2022, 2023, 2024):
        (folder / f"history-{year}0101T000000000000-0000.sqlite3").touch()
    migrate(outdated)
    names = [backup.name for backup in backups(outdated)]
    assert len(names) == schema.KEPT_BACKUPS
    assert names[0].startswith("history-2023")
    assert names[-1].endswith(f"{schema.REVISIONS[-2:][0]}.sqlite3")


def test_a_failed_upgrade_leaves_the_database_as_it_was(outdated: Path) -> None:
    script = next(schema._MIGRATIONS.rglob("9999_next.py"))
    script.write_text(script.read_text() + "    op.execute('SELECT nonsense')\n")
    before = tables(outdated)
    with pytest.raises(Exception, match="nonsense"):
        migrate(outdated)
    assert tables(outdated) == before
    assert "next" not in before
    (revision,) = query(outdated, "SELECT version_num FROM alembic_version")
    assert revision[0] in schema.REVISIONS[:-1]


def test_a_killed_upgrade_leaves_the_database_as_it_was(outdated: Path) -> None:
    script = next(schema._MIGRATIONS.rglob("9999_next.py"))
    script.write_text(script.read_text() + "    import os; os.kill(os.getpid(), 9)\n")
    before = tables(outdated)
    code = (
        "import sys; from pathlib import Path; from storage import schema;"
        "from storage.database import Database;"
        "schema._MIGRATIONS = Path(sys.argv[2]); schema.REVISIONS += ('9999',);"
        "schema.migrate(Database(Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", code, str(outdated), str(schema._MIGRATIONS)]
    assert subprocess.run(command, cwd=ROOT).returncode == -9
    assert tables(outdated) == before
    assert integrity(outdated) == ["ok"]
    assert {"session", "bin"} <= tables(backups(outdated)[0])


def test_without_room_for_the_copy_nothing_is_upgraded(outdated: Path) -> None:
    (outdated.parent / "backups").touch()
    before = tables(outdated)
    with pytest.raises(StorageError):
        migrate(outdated)
    assert tables(outdated) == before
