"""Scripts for PostgreSQL that are held against another linter: bodies of ``upgrade()``, good and bad ones."""

from __future__ import annotations

GIVEN = (
    "CREATE TYPE mood AS ENUM ('sad', 'happy')",
    "CREATE TABLE customer (id bigint PRIMARY KEY, name text, email varchar(40))",
    "CREATE TABLE account (id bigint PRIMARY KEY, email text, state text, balance integer, customer_id bigint)",
    "ALTER TABLE account ADD COLUMN code varchar(20), ADD COLUMN mood mood",
    "CREATE TABLE invoice (id bigint PRIMARY KEY, amount integer, customer_id bigint, note text)",
    "ALTER TABLE invoice ADD CONSTRAINT ck_old CHECK (amount > 0) NOT VALID",
    "CREATE INDEX ix_account_email ON account (email)",
    "CREATE UNIQUE INDEX uq_account_code ON account (code)",
    "CREATE TABLE event (id bigint, day date) PARTITION BY RANGE (day)",
    "CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    "CREATE TABLE event_2027 (id bigint, day date)",
    "CREATE UNLOGGED TABLE log (id bigint PRIMARY KEY)",
    "CREATE VIEW open_account AS SELECT id FROM account",
    "CREATE MATERIALIZED VIEW totals AS SELECT 1 AS id",
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
)
"""The database before each of them."""

BLOCK = "with op.get_context().autocommit_block():\n"

CORPUS = {
    # indexes
    "create index": 'op.create_index("ix_account_state", "account", ["state"])',
    "create index, raw": 'op.execute("CREATE INDEX ix_account_state ON account (state)")',
    "create index concurrently": 'op.create_index("i", "account", ["state"], postgresql_concurrently=True)',
    "create index concurrently if not exists": (
        'op.create_index("i", "account", ["state"], postgresql_concurrently=True, if_not_exists=True)'
    ),
    "create index concurrently, raw, in a block": (
        f'{BLOCK}    op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON account (state)")'
    ),
    "create index concurrently in the transaction": 'op.execute("CREATE INDEX CONCURRENTLY i ON account (state)")',
    "create unique index": 'op.create_index("i", "account", ["email"], unique=True)',
    "create partial index": 'op.create_index("i", "account", ["email"], postgresql_where=sa.text("id > 5"))',
    "index with a column": 'op.add_column("account", sa.Column("city", sa.Text, index=True))',
    "index of a new table": (
        'op.create_table("fresh", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),'
        ' sa.Column("name", sa.Text))\nop.create_index("ix_fresh_name", "fresh", ["name"])'
    ),
    "drop index": 'op.drop_index("ix_account_email", "account")',
    "drop index, raw": 'op.execute("DROP INDEX IF EXISTS ix_account_email")',
    "drop index concurrently": 'op.drop_index("ix_account_email", "account", postgresql_concurrently=True)',
    "drop index concurrently in the transaction": 'op.execute("DROP INDEX CONCURRENTLY ix_account_email")',
    "reindex": 'op.execute("REINDEX TABLE account")',
    "reindex concurrently": f'{BLOCK}    op.execute("REINDEX TABLE CONCURRENTLY account")',
    # constraints
    "unique constraint": 'op.create_unique_constraint("uq", "account", ["email"])',
    "unique constraint, raw": 'op.execute("ALTER TABLE account ADD CONSTRAINT uq UNIQUE (email)")',
    "unique constraint using index": (
        'op.execute("ALTER TABLE account ADD CONSTRAINT uq_account_code UNIQUE USING INDEX uq_account_code")'
    ),
    "unique column": 'op.execute("ALTER TABLE account ADD COLUMN city text UNIQUE")',
    "primary key": 'op.create_primary_key("pk", "event_2027", ["id"])',
    "primary key column": 'op.execute("ALTER TABLE event_2027 ADD COLUMN number bigint PRIMARY KEY")',
    "exclusion constraint": (
        "op.execute(\"ALTER TABLE event_2027 ADD CONSTRAINT ex EXCLUDE USING gist (int8range(id, id, '[]') WITH &&)\")"
    ),
    "foreign key": 'op.create_foreign_key("fk", "account", "customer", ["customer_id"], ["id"])',
    "foreign key, raw": (
        'op.execute("ALTER TABLE account ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customer (id)")'
    ),
    "foreign key not valid": (
        'op.create_foreign_key("fk", "account", "customer", ["customer_id"], ["id"], postgresql_not_valid=True)'
    ),
    "foreign key with a column": (
        'op.add_column("account", sa.Column("payer_id", sa.BigInteger, sa.ForeignKey("customer.id")))'
    ),
    "foreign key with a column, raw": (
        'op.execute("ALTER TABLE account ADD COLUMN payer_id bigint REFERENCES customer (id)")'
    ),
    "foreign key of a new table": (
        'op.create_table("fresh", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),'
        ' sa.Column("customer_id", sa.BigInteger, sa.ForeignKey("customer.id"), index=True))'
    ),
    "check": 'op.create_check_constraint("ck", "account", "balance > 0")',
    "check, raw": 'op.execute("ALTER TABLE account ADD CONSTRAINT ck CHECK (balance > 0)")',
    "check not valid": 'op.create_check_constraint("ck", "account", "balance > 0", postgresql_not_valid=True)',
    "check not valid, validated at once": (
        'op.create_check_constraint("ck", "account", "balance > 0", postgresql_not_valid=True)\n'
        'op.execute("ALTER TABLE account VALIDATE CONSTRAINT ck")'
    ),
    "validate": 'op.execute("ALTER TABLE invoice VALIDATE CONSTRAINT ck_old")',
    "check with a column": 'op.execute("ALTER TABLE account ADD COLUMN points bigint CHECK (points > 0)")',
    "check of a domain": 'op.execute("CREATE DOMAIN score AS bigint CHECK (value > 0)")',
    "drop constraint": 'op.drop_constraint("ck_old", "invoice")',
    # columns
    "column": 'op.add_column("account", sa.Column("city", sa.Text))',
    "column, raw": 'op.execute("ALTER TABLE account ADD COLUMN city text")',
    "column if not exists": 'op.add_column("account", sa.Column("city", sa.Text), if_not_exists=True)',
    "column with a default": 'op.add_column("account", sa.Column("city", sa.Text, server_default="Bern"))',
    "required column": 'op.add_column("account", sa.Column("city", sa.Text, nullable=False))',
    "required column with a default": (
        'op.add_column("account", sa.Column("city", sa.Text, nullable=False, server_default="Bern"))'
    ),
    "column with now()": (
        'op.add_column("account", sa.Column("seen", sa.DateTime(timezone=True), server_default=sa.func.now()))'
    ),
    "column with a volatile default": (
        'op.add_column("account", sa.Column("token", sa.Uuid, server_default=sa.text("gen_random_uuid()")))'
    ),
    "stored column": (
        'op.add_column("account", sa.Column("twice", sa.BigInteger, sa.Computed("balance * 2", persisted=True)))'
    ),
    "serial column": 'op.execute("ALTER TABLE account ADD COLUMN number bigserial")',
    "identity column": 'op.add_column("account", sa.Column("number", sa.BigInteger, sa.Identity()))',
    "json column": 'op.add_column("account", sa.Column("settings", sa.JSON))',
    "varchar column": 'op.add_column("account", sa.Column("city", sa.String(40)))',
    "char column": 'op.execute("ALTER TABLE account ADD COLUMN land char(2)")',
    "integer column": 'op.add_column("account", sa.Column("points", sa.Integer))',
    "timestamp column": 'op.add_column("account", sa.Column("seen", sa.DateTime))',
    "drop column": 'op.drop_column("account", "state")',
    "rename column": 'op.alter_column("account", "state", new_column_name="status")',
    "rename column, raw": 'op.execute("ALTER TABLE account RENAME COLUMN state TO status")',
    "other type": 'op.alter_column("account", "balance", existing_type=sa.Integer(), type_=sa.BigInteger())',
    "other type, raw": 'op.execute("ALTER TABLE account ALTER COLUMN balance TYPE bigint")',
    "longer varchar": 'op.execute("ALTER TABLE account ALTER COLUMN code TYPE varchar(40)")',
    "set not null": 'op.alter_column("account", "email", existing_type=sa.Text(), nullable=False)',
    "set not null, raw": 'op.execute("ALTER TABLE account ALTER COLUMN email SET NOT NULL")',
    "drop not null": 'op.execute("ALTER TABLE account ALTER COLUMN email DROP NOT NULL")',
    "set default": "op.execute(\"ALTER TABLE account ALTER COLUMN state SET DEFAULT 'new'\")",
    # tables and the rest
    "table": 'op.create_table("fresh", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))',
    "table with an integer key": 'op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))',
    "table if not exists": 'op.execute("CREATE TABLE IF NOT EXISTS fresh (id bigint PRIMARY KEY)")',
    "drop table": 'op.drop_table("invoice")',
    "drop table cascade": 'op.execute("DROP TABLE IF EXISTS customer CASCADE")',
    "rename table": 'op.rename_table("invoice", "bill")',
    "truncate": 'op.execute("TRUNCATE account")',
    "truncate cascade": 'op.execute("TRUNCATE account CASCADE")',
    "drop schema": 'op.execute("DROP SCHEMA public CASCADE")',
    "drop database": f'{BLOCK}    op.execute("DROP DATABASE IF EXISTS old")',
    "set logged": 'op.execute("ALTER TABLE log SET LOGGED")',
    "another tablespace": 'op.execute("ALTER TABLE account SET TABLESPACE fast")',
    "vacuum full": f'{BLOCK}    op.execute("VACUUM FULL account")',
    "cluster": 'op.execute("CLUSTER account USING account_pkey")',
    "trigger": 'op.execute("CREATE TRIGGER t BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION touch()")',
    "row level security": 'op.execute("ALTER TABLE account ENABLE ROW LEVEL SECURITY")',
    "attach partition": (
        "op.execute(\"ALTER TABLE event ATTACH PARTITION event_2027 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')\")"
    ),
    "detach partition": 'op.execute("ALTER TABLE event DETACH PARTITION event_2026")',
    "detach partition concurrently": (
        f'{BLOCK}    op.execute("ALTER TABLE event DETACH PARTITION event_2026 CONCURRENTLY")'
    ),
    "refresh": 'op.execute("REFRESH MATERIALIZED VIEW totals")',
    "enum value": "op.execute(\"ALTER TYPE mood ADD VALUE 'blue'\")",
    "enum value, used": (
        "op.execute(\"ALTER TYPE mood ADD VALUE 'blue'\")\n"
        "op.execute(\"UPDATE account SET mood = 'blue' WHERE id = 1\")"
    ),
    "rename enum value": "op.execute(\"ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'\")",
    "backfill behind a column": (
        'op.add_column("account", sa.Column("city", sa.Text))\n'
        "op.execute(\"UPDATE account SET city = 'Bern' WHERE city IS NULL\")"
    ),
    "update of all rows": "op.execute(\"UPDATE account SET state = ''\")",
    "update": "op.execute(\"UPDATE account SET state = '' WHERE id = 1\")",
    "two tables": (
        'op.add_column("account", sa.Column("city", sa.Text))\nop.add_column("invoice", sa.Column("city", sa.Text))'
    ),
    "commit": 'op.execute("COMMIT")',
    "name too long": f'op.execute("CREATE TABLE {"a" * 64} (id bigint PRIMARY KEY)")',
    "view": 'op.execute("CREATE OR REPLACE VIEW open_account AS SELECT id FROM account WHERE state IS NULL")',
    "drop view": 'op.execute("DROP VIEW open_account")',
    "drop view cascade": 'op.execute("DROP VIEW open_account CASCADE")',
    "with a lock timeout": (
        "op.execute(\"SET LOCAL lock_timeout = '2s'\")\nop.execute(\"SET LOCAL statement_timeout = '1min'\")\n"
        'op.add_column("account", sa.Column("city", sa.Text))'
    ),
}
