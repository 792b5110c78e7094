"""GeoAlchemy2's helpers: on MariaDB for real, whose geometry is built in; for PostGIS the script and its SQL.

PostGIS is on few machines, and few builds of Python load SpatiaLite.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shop import environment

MODELS = """
    import sqlalchemy as sa
    from geoalchemy2 import Geometry

    metadata = sa.MetaData()

    def at(phase):
        metadata.clear()
        polygon = Geometry("POLYGON", srid=4326, spatial_index=False)
        point = Geometry("POINT", srid=4326, nullable=True, spatial_index=False)
        lake = [sa.Column("id", sa.Integer, primary_key=True), sa.Column("geom", polygon, nullable=False)]
        if phase >= 2:
            sa.Table("river", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("mouth", point))
        if phase:
            sa.Table("lake", metadata, *lake)
    """

ENV = """
    from alembic import context
    from geoalchemy2 import alembic_helpers
    from sqlalchemy import create_engine, pool
    from models import metadata

    shared = dict(
        target_metadata=metadata,
        include_object=alembic_helpers.include_object,
        render_item=alembic_helpers.render_item,
        process_revision_directives=alembic_helpers.writer,
    )
    url = context.config.get_main_option("sqlalchemy.url")
    if context.is_offline_mode():
        context.configure(url=url, literal_binds=True, **shared)
        context.run_migrations()
    else:
        with create_engine(url, poolclass=pool.NullPool).connect() as connection:
            context.configure(connection=connection, **shared)
            with context.begin_transaction():
                context.run_migrations()
    """

WALK = """
    import json, sys
    import sqlalchemy as sa
    from pathlib import Path
    from alembic import command
    from alembic.config import Config
    sys.path.insert(0, ".")
    import models

    config = Config("alembic.ini")
    engine = sa.create_engine(config.get_main_option("sqlalchemy.url"), poolclass=sa.pool.NullPool)

    def ask(query):
        with engine.begin() as connection:
            return [list(row) for row in connection.execute(sa.text(query))]

    def state():
        query = "select table_name, column_name, column_type from information_schema.columns where table_schema"
        return ask(f"{query} = database() and table_name != 'alembic_version' order by 1, 2")

    seen = [state()]
    for phase in (1, 2):
        models.at(phase)
        command.revision(config, message=f"phase {phase}", autogenerate=True, rev_id=f"a{phase}")
        command.upgrade(config, "head")
        command.check(config)
        seen.append(state())
    for phase in (2, 1):
        command.downgrade(config, "-1")
        assert state() == seen[phase - 1]
    scripts = {path.name: path.read_text() for path in sorted(Path("migrations/versions").glob("*.py"))}
    print(json.dumps({"states": seen, "scripts": scripts}))
    """


def test_geometry_on_mariadb_there_and_back(both: Callable[..., Any], two_mariadb_urls: tuple[str, str]) -> None:
    urls = tuple(url.replace("mysql", "mariadb", 1) for url in two_mariadb_urls)  # the dialect of geometry
    found = both(WALK, lambda url: environment(url, MODELS, env=ENV), urls)
    assert found["states"][-1] == [
        ["lake", "geom", "polygon"],
        ["lake", "id", "int(11)"],
        ["river", "id", "int(11)"],
        ["river", "mouth", "point"],
    ]
    script = found["scripts"]["a2_phase_2.py"]
    assert "from geoalchemy2 import Geometry" in script
    assert "op.create_geospatial_table('river'" in script


POSTGIS_MODELS = """
    import sqlalchemy as sa
    from geoalchemy2 import Geometry

    metadata = sa.MetaData()
    sa.Table("spatial_ref_sys", metadata, sa.Column("id", sa.Integer))  # PostGIS's own: left out by the helper
    polygon, point = Geometry("POLYGON", srid=4326), Geometry("POINT", srid=4326)
    sa.Table("lake", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("geom", polygon))
    sa.Table("river", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("mouth", point))
    """

POSTGIS = """
    import io, json, sys
    from pathlib import Path
    import sqlalchemy as sa
    from alembic import command
    from alembic.config import Config

    said = io.StringIO()
    config = Config("alembic.ini", output_buffer=said)
    engine = sa.create_engine(config.get_main_option("sqlalchemy.url"), poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE lake (id SERIAL PRIMARY KEY)")
    command.revision(config, message="spatial", autogenerate=True, rev_id="a1")
    [script] = Path("migrations/versions").glob("a1_*.py")
    command.upgrade(config, "head", sql=True)
    command.downgrade(config, "a1:base", sql=True)
    sql = said.getvalue().replace(" RETURNING alembic_version.version_num", "")
    print(json.dumps({"script": script.read_text(), "sql": sql}))
    """


def test_the_script_and_the_sql_for_postgis(both: Callable[..., Any], two_postgresql_urls: tuple[str, str]) -> None:
    found = both(POSTGIS, lambda url: environment(url, POSTGIS_MODELS, env=ENV), two_postgresql_urls)
    assert "op.create_geospatial_table('river'" in found["script"]
    assert "op.add_geospatial_column('lake', sa.Column('geom', Geometry(geometry_type='POLYGON'" in found["script"]
    assert "op.drop_geospatial_index('idx_lake_geom'" in found["script"]
    assert "CREATE INDEX idx_lake_geom ON lake USING gist (geom);" in found["sql"]
    assert "DROP INDEX idx_lake_geom;" in found["sql"]
