"""Every recipe of the cookbooks of the field has its place: a page, and words by which it is found there."""

from __future__ import annotations

from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
RECIPES = {
    "bring a new database up to date without the whole history": ("how-to/existing-database.md", "create_all"),
    "a database that is there already": ("how-to/existing-database.md", "limbeck stamp head"),
    "a part of a script only where it is asked for": ("how-to/data.md", "get_x_argument"),
    "rows that belong to the schema": ("how-to/data.md", "op.bulk_insert"),
    "one connection for several commands": ("how-to/one-transaction.md", 'attributes["connection"]'),
    "views and procedures that are replaced": ("objects.md", "op.replace_view"),
    "a schema for each tenant": ("how-to/tenants.md", "search_path={tenant}"),
    "no empty revisions": ("how-to/choose-what-is-compared.md", "--allow-empty"),
    "tables of others are not dropped": ("how-to/choose-what-is-compared.md", "counterpart is None"),
    "models of views are not created": ("how-to/choose-what-is-compared.md", "is_view"),
    "no DROP INDEX for tables that are dropped": ("edition-2026.md", "drops no index of a table that it drops"),
    "order of columns in a new table": ("how-to/what-is-written.md", "ops.CreateTableOp"),
    "IF NOT EXISTS everywhere": ("how-to/what-is-written.md", "if_not_exists"),
    "a NOT NULL column in two steps": ("edition-2026.md", "made NOT NULL"),
    "types of the application, and imports": ("how-to/what-is-written.md", "render_item"),
    "formatters and linters over a new script": ("how-to/what-is-written.md", "post_write_hooks"),
    "several environments in one file": ("how-to/several-databases.md", "--name archive"),
    "several databases, autogenerate for each": ("tutorial/several-databases.md", "ArchiveBase.metadata"),
    "a file of SQL for each database": ("how-to/sql-scripts.md", "multidb"),
    "the position of a database in a file": ("how-to/sql-scripts.md", "production"),
    "Python code of tables that exist": ("how-to/operations-in-a-program.md", "render_python_code"),
    "differences carried out without a script": ("how-to/operations-in-a-program.md", "produce_migrations"),
    "is the database at the heads": ("how-to/operations-in-a-program.md", "is_at_heads"),
    "asyncio in env.py": ("how-to/async.md", "sqlite+aiosqlite"),
    "asyncio in a program": ("tutorial/async.md", "limbeck.aio"),
    "a command of one's own": ("how-to/extend.md", "register_command"),
    "an operation of one's own": ("how-to/extend.md", "register_operation"),
    "an operation carried out in another way": ("how-to/extend.md", "replace=True"),
    "a table of what ran": ("how-to/extend.md", "on_version_apply"),
    "sequences that models declare": ("exact.md", "sequence"),
    "a password with special characters": ("reference/configuration.md", "URL.create"),
    "branches, merges, labels, dependencies": ("how-to/branches.md", "--depends-on"),
    "modules with folders of their own": ("how-to/modules.md", "version_locations"),
    "an empty project to a deployed migration": ("tutorial/first-project.md", "limbeck init"),
    "columns added to tables in use": ("how-to/zero-downtime.md", "## Wait briefly, and try again"),
    "pods that start at once": ("how-to/pods.md", "## One job migrates, pods wait"),
    "GitHub": ("how-to/ci.md", "## GitHub"),
    "GitLab": ("how-to/ci.md", "## GitLab"),
    "from Alembic": ("from-alembic.md", "## Moving over"),
    "back to Alembic": ("from-alembic.md", "## Moving back"),
    "from a folder of SQL files": ("how-to/sql-files.md", "op.execute"),
}
"""What people look for, the page that has it, and a text of that page."""


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_has_its_place(recipe: str) -> None:
    page, text = RECIPES[recipe]
    assert text in (DOCS / page).read_text(encoding="utf-8")
