"""Migrations: numbered without a gap, equal to the tables in the code, reversible, and no more
rights for the running role than each table needs.
"""

import importlib
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from deploy.local.environments import migration_environment
from deploy.local.stack import Service, Stack, get_service
from tests.architecture.house import NAMES, ROOT, modules_of
from tests.stands import DatabaseStand

FILE_NAME = re.compile(r"^[0-9]{4}_[a-z]+(_[a-z0-9]+)+\.py$")
# Indexes, checks and defaults are written by hand in migrations; the classes do not repeat them.
IN_MIGRATIONS_ALONE = {"remove_index", "remove_constraint"}
APPEND_ONLY = re.compile(r"(^|\. )(Append-only|Rows are only ever added)\.")
ADDED_ONLY = {"INSERT", "SELECT"}


@dataclass(frozen=True, slots=True)
class Migrated:
    """A freshly migrated database of one service, its superuser, and what the code says of it."""

    service: Service
    admin: asyncpg.Connection
    app_url: str = field(repr=False)
    admin_url: str = field(repr=False)
    owner_settings: dict[str, str] = field(repr=False)

    @property
    def running_role(self) -> str:
        return f"{self.service.package}_app"

    async def rights(self) -> dict[str, set[str]]:
        """What the running role may do with each table, whole or by column."""
        rows = await self.admin.fetch(
            """
            SELECT c.relname AS table, p.kind
            FROM pg_class c
            CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS p(kind)
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND NOT c.relispartition
              AND CASE WHEN p.kind IN ('DELETE', 'TRUNCATE')
                       THEN has_table_privilege($1, c.oid, p.kind)
                       ELSE has_any_column_privilege($1, c.oid, p.kind) END
            """,
            self.running_role,
        )
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row["table"], set()).add(row["kind"])
        return found


@pytest.fixture
async def migrated(
    request: pytest.FixtureRequest, databases: DatabaseStand, stack: Stack
) -> AsyncIterator[Migrated]:
    service = get_service(request.param)
    settings = await databases.fresh(service.name)
    admin_url = databases.admin_url(settings, service.name)
    admin = await asyncpg.connect(admin_url)
    app_url = settings[f"{service.prefix}DATABASE_URL"]
    name = urlsplit(app_url).path
    await admin.execute(f'ALTER DATABASE "{name[1:]}" OWNER TO {service.package}_owner')
    variable = f"{service.prefix}MIGRATION_DATABASE_URL"
    owner = migration_environment(stack, service.name)
    owner[variable] = urlsplit(owner[variable])._replace(path=name).geturl()
    yield Migrated(service, admin, app_url, admin_url, owner)
    await admin.close()


def scripts(service: Service) -> ScriptDirectory:
    return ScriptDirectory.from_config(
        Config(ROOT / "services" / service.name / "alembic.ini"),
    )


def metadata_of(service: Service) -> MetaData:
    """All tables of a service: importing every module of it has registered each of them."""
    modules_of(service.package)
    tables = importlib.import_module(f"{service.package}.tables")
    bases = [
        value
        for value in vars(tables).values()
        if isinstance(value, type)
        and issubclass(value, SQLModel)
        and value.__module__ == tables.__name__
        and not hasattr(value, "__table__")
    ]
    assert len(bases) == 1, "tables.py has one base and the tables of the spine"
    metadata: MetaData = bases[0].metadata
    return metadata


async def drift(url: str, metadata: MetaData) -> list[Any]:
    """How a database differs from the tables in the code."""

    def compare(connection: Connection) -> list[Any]:
        options = {"compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        flat = []
        for difference in compare_metadata(context, metadata):
            flat.extend(difference if isinstance(difference, list) else [difference])
        return [one for one in flat if one[0] not in IN_MIGRATIONS_ALONE]

    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(compare)
    finally:
        await engine.dispose()


def append_only_tables(service: Service, rights: dict[str, set[str]]) -> dict[str, str]:
    """Tables that only ever grow, with what says so: the name, the class, or the grants."""
    tables = {
        str(model.__tablename__): model
        for module in modules_of(service.package)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, SQLModel) and hasattr(model, "__table__")
    }
    told = {}
    for name, model in tables.items():
        documents = " ".join(base.__doc__ or "" for base in model.__mro__)
        if name.endswith("_history"):
            told[name] = "its name"
        elif APPEND_ONLY.search(documents):
            told[name] = "its class"
        elif rights.get(name, set()) <= ADDED_ONLY:
            told[name] = "its grants"
    return told


@pytest.mark.parametrize("name", NAMES)
def test_migrations_are_numbered_without_a_gap_and_have_one_head(name: str) -> None:
    directory = scripts(get_service(name))
    revisions = list(directory.walk_revisions())[::-1]
    files = sorted((ROOT / "services" / name / "migrations/versions").glob("*.py"))
    assert [file.name for file in files if not FILE_NAME.match(file.name)] == []
    assert [file.name[:4] for file in files] == [f"{n:04}" for n in range(1, len(files) + 1)]
    assert [revision.revision for revision in revisions] == [file.name[:4] for file in files]
    assert [revision.down_revision for revision in revisions] == [
        None,
        *(file.name[:4] for file in files[:-1]),
    ]
    assert directory.get_heads() == [files[-1].name[:4]]


@pytest.mark.parametrize("migrated", NAMES, indirect=True)
async def test_the_migrated_tables_are_those_of_the_code(migrated: Migrated) -> None:
    metadata = metadata_of(migrated.service)
    assert "outbox" in metadata.tables
    assert await drift(migrated.admin_url, metadata) == []


@pytest.mark.parametrize("migrated", ["job-orders"], indirect=True)
async def test_a_planted_difference_is_found(migrated: Migrated) -> None:
    metadata = MetaData()
    for table in metadata_of(migrated.service).tables.values():
        table.to_metadata(metadata)
    Table("planted", metadata, Column("id", Integer, primary_key=True))
    metadata.tables["employers"].append_column(Column("planted", Text))
    await migrated.admin.execute("ALTER TABLE leases ALTER COLUMN holder TYPE varchar(3)")
    await migrated.admin.execute("ALTER TABLE replays ALTER COLUMN replayed_by DROP NOT NULL")
    await migrated.admin.execute("CREATE TABLE forgotten (id integer)")
    found = await drift(migrated.admin_url, metadata)
    assert sorted(difference[0] for difference in found) == [
        "add_column",
        "add_table",
        "modify_nullable",
        "modify_type",
        "remove_table",
    ]


@pytest.mark.parametrize("migrated", NAMES, indirect=True)
async def test_the_newest_migration_can_be_taken_back_and_made_again(migrated: Migrated) -> None:
    newest, *earlier = list(scripts(migrated.service).walk_revisions())
    _alembic(migrated, "downgrade", "-1")
    assert await migrated.admin.fetch("SELECT version_num FROM alembic_version") == [
        (revision.revision,) for revision in earlier[:1]
    ]
    _alembic(migrated, "upgrade", "head")
    version = await migrated.admin.fetchval("SELECT version_num FROM alembic_version")
    assert version == newest.revision
    assert await drift(migrated.admin_url, metadata_of(migrated.service)) == []


@pytest.mark.parametrize("migrated", NAMES, indirect=True)
async def test_every_table_is_granted_to_the_running_role_and_owned_by_the_other(
    migrated: Migrated,
) -> None:
    rights = await migrated.rights()
    known = set(metadata_of(migrated.service).tables)
    assert {name for name in known if "SELECT" not in rights.get(name, set())} == set()
    assert {name for name, some in rights.items() if "TRUNCATE" in some} == set()
    assert set(rights) <= known, "the running role may not even see the table of versions"
    owners = await migrated.admin.fetch(
        "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    )
    assert [row["tableowner"] for row in owners] == [f"{migrated.service.package}_owner"]


@pytest.mark.parametrize("migrated", NAMES, indirect=True)
async def test_what_is_only_added_to_cannot_be_changed_by_the_running_role(
    migrated: Migrated,
) -> None:
    tables = append_only_tables(migrated.service, await migrated.rights())
    assert "replays" in tables
    columns = metadata_of(migrated.service).tables
    went_through = []
    connection = await asyncpg.connect(migrated.app_url.replace("+asyncpg", ""))
    for name, told_by in tables.items():
        column = next(one.name for one in columns[name].columns if one.identity is None)
        for statement in (
            f'UPDATE "{name}" SET "{column}" = "{column}"',  # noqa: S608 - names of our own code.
            f'DELETE FROM "{name}"',  # noqa: S608 - as above.
            f'TRUNCATE "{name}"',
            f'DROP TABLE "{name}"',
        ):
            attempt = connection.transaction()
            await attempt.start()
            try:
                await connection.execute(statement)
                went_through.append(f"{statement}, although {told_by} says that it only grows")
            except asyncpg.InsufficientPrivilegeError:
                continue
            finally:
                await attempt.rollback()
    await connection.close()
    assert went_through == []


@pytest.mark.parametrize("migrated", ["job-orders"], indirect=True)
async def test_a_planted_grant_on_history_is_found(migrated: Migrated) -> None:
    await migrated.admin.execute(
        f"GRANT UPDATE (reason) ON employer_history TO {migrated.running_role}"
    )
    rights = await migrated.rights()
    assert "UPDATE" in rights["employer_history"]
    assert append_only_tables(migrated.service, rights)["employer_history"] == "its name"


def _alembic(migrated: Migrated, *command: str) -> None:
    configuration = f"services/{migrated.service.name}/alembic.ini"
    subprocess.run(
        [sys.executable, "-m", "alembic", "-c", configuration, *command],
        cwd=ROOT,
        env=os.environ | migrated.owner_settings,
        check=True,
        capture_output=True,
    )
