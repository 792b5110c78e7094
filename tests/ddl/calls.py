# ruff: noqa: E501 calls and their SQL stand on one line each
"""Calls of operations by name: each is written for every dialect by us and by the reference."""

CALLS = {
    # tables
    "rename_table": "op.rename_table('a', 'b', schema='s')",
    "rename_table quoted": "op.rename_table('a b', 'b c')",
    "create_table": (
        "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), "
        "sa.Column('x', sa.String(20), nullable=False, server_default='q'), "
        "sa.Column('p_id', sa.Integer, sa.ForeignKey('p.id', name='fkp', ondelete='CASCADE')), "
        "sa.Column('n', sa.Numeric(10, 2), sa.CheckConstraint('n > 0', name='ckn')), "
        "sa.UniqueConstraint('x', name='uqx'), mysql_engine='InnoDB', mariadb_engine='InnoDB')"
    ),
    "create_table schema": "op.create_table('t', sa.Column('id', sa.Integer), schema='s', prefixes=['TEMPORARY'])",
    "create_table index": "op.create_table('t', sa.Column('x', sa.String(9), index=True), sa.Column('y', sa.Integer, unique=True))",
    "create_table comments": "op.create_table('t', sa.Column('x', sa.Integer, comment=\"it's\"), comment='table', schema='s')",
    "create_table types": (
        "op.create_table('t', sa.Column('e', sa.Enum('a', 'b', name='en')), "
        "sa.Column('b', sa.Boolean(create_constraint=True, name='bk')), sa.Column('d', sa.DateTime(timezone=True)), "
        "sa.Column('j', sa.Uuid()), sa.Column('l', sa.LargeBinary()), sa.Column('f', sa.Float()))"
    ),
    "create_table twice with one enum": (
        "op.create_table('t', sa.Column('e', sa.Enum('a', 'b', name='en')));"
        " op.create_table('u', sa.Column('e', sa.Enum('a', 'b', name='en')))"
    ),
    "create_table again with its enum": (
        "op.create_table('t', sa.Column('e', sa.Enum('a', name='en'))); op.drop_table('t');"
        " op.create_table('t', sa.Column('e', sa.Enum('a', name='en')))"
    ),
    "create_table computed": "op.create_table('t', sa.Column('a', sa.Integer), sa.Column('c', sa.Integer, sa.Computed('a + 1')))",
    "create_table identity": "op.create_table('t', sa.Column('a', sa.Integer, sa.Identity(start=5, increment=2)))",
    "create_table if_not_exists": "op.create_table('t', sa.Column('id', sa.Integer), if_not_exists=True)",
    "create_table if_not_exists index": "op.create_table('t', sa.Column('x', sa.Integer, index=True), if_not_exists=True)",
    "create_table percent": "op.create_table('t', sa.Column('x', sa.String(9)), sa.CheckConstraint(\"x <> '50%'\", name='ck'))",
    "create_table column check": (
        "op.create_table('t', sa.Column('c', sa.Integer, sa.CheckConstraint('c > 0', name='cc')),"
        " sa.Column('d', sa.Integer, sa.CheckConstraint('d < 9')))"
    ),
    "drop_table": "op.drop_table('t', schema='s')",
    "drop_table if_exists": "op.drop_table('t', if_exists=True)",
    "create_table empty comments": "op.create_table('t', sa.Column('x', sa.Integer, comment=''), comment='', schema='s')",
    "create_table_comment": "op.create_table_comment('t', \"x's\", schema='s')",
    "create_table_comment default schema": "op.create_table_comment('t', 'x')",
    "drop_table_comment": "op.drop_table_comment('t', schema='s', existing_comment='y')",
    # adding columns
    "add_column": "op.add_column('t', sa.Column('c', sa.Integer, server_default='5', nullable=False), schema='s')",
    "add_column default expression": "op.add_column('t', sa.Column('c', sa.DateTime, server_default=sa.func.now()))",
    "add_column comment": "op.add_column('t', sa.Column('c', sa.Integer, comment=\"it's\"), schema='s')",
    "add_column empty comment": "op.add_column('t', sa.Column('c', sa.Integer, comment=''), schema='s')",
    "add_column comment default schema": "op.add_column('t', sa.Column('c', sa.Integer, comment='x'))",
    "add_column if_not_exists": "op.add_column('t', sa.Column('c', sa.Integer), if_not_exists=True)",
    "add_column foreign key": "op.add_column('t', sa.Column('c', sa.Integer, sa.ForeignKey('r.id', ondelete='CASCADE', name='fk1')))",
    "add_column inline references": (
        "op.add_column('t', sa.Column('c', sa.Integer, sa.ForeignKey('r.id', ondelete='CASCADE', name='fk1')), "
        "inline_references=True)"
    ),
    "add_column inline references options": (
        "op.add_column('t', sa.Column('c', sa.Integer, sa.ForeignKey('r.id', match='FULL', deferrable=True, "
        "initially='DEFERRED')), inline_references=True)"
    ),
    "add_column primary key": "op.add_column('t', sa.Column('c', sa.Integer, primary_key=True))",
    "add_column inline primary key": "op.add_column('t', sa.Column('c', sa.Integer, primary_key=True), inline_primary_key=True)",
    "add_column check": "op.add_column('t', sa.Column('c', sa.Integer, sa.CheckConstraint('c > 0', name='cc')))",
    "add_column check if_not_exists": (
        "op.add_column('t', sa.Column('c', sa.Integer, sa.CheckConstraint('c > 0', name='cc')), if_not_exists=True)"
    ),
    "add_column unique": "op.add_column('t', sa.Column('c', sa.Integer, unique=True))",
    "add_column index": "op.add_column('t', sa.Column('c', sa.Integer, index=True))",
    "add_column unique index": "op.add_column('t', sa.Column('c', sa.Integer, unique=True, index=True))",
    "add_column Boolean check": "op.add_column('t', sa.Column('c', sa.Boolean(create_constraint=True, name='ckb')))",
    "add_column computed": "op.add_column('t', sa.Column('c', sa.Integer, sa.Computed('a + 1')))",
    "add_column stored": "op.add_column('t', sa.Column('c', sa.Integer, sa.Computed('a + 1', persisted=True)))",
    "add_column identity": "op.add_column('t', sa.Column('c', sa.Integer, sa.Identity(start=3, always=True)))",
    # dropping columns
    "drop_column": "op.drop_column('t', 'c', schema='s')",
    "drop_column if_exists": "op.drop_column('t', 'c', if_exists=True)",
    "drop_column mssql": (
        "op.drop_column('t', 'c', schema='s', mssql_drop_default=True, mssql_drop_check=True, mssql_drop_foreign_key=True)"
    ),
    # altering columns
    "alter nullable": "op.alter_column('t', 'c', nullable=False, existing_type=sa.Integer())",
    "alter nullable without type": "op.alter_column('t', 'c', nullable=False)",
    "alter type": "op.alter_column('t', 'c', type_=sa.String(20), existing_type=sa.Integer(), existing_nullable=False)",
    "alter type alone": "op.alter_column('t', 'c', type_=sa.String(20))",
    "alter type using": "op.alter_column('t', 'c', type_=sa.String(20), postgresql_using='c::varchar', existing_nullable=True)",
    "alter using without type": "op.alter_column('t', 'c', nullable=True, existing_type=sa.Integer(), postgresql_using='c::int')",
    "alter type with its check": (
        "op.alter_column('t', 'c', type_=sa.Integer(), existing_nullable=True, "
        "existing_type=sa.Boolean(create_constraint=True, name='ck'))"
    ),
    "alter default": "op.alter_column('t', 'c', server_default='x')",
    "alter default replaced": "op.alter_column('t', 'c', server_default='x', existing_server_default='y')",
    "alter default now": "op.alter_column('t', 'c', server_default=sa.func.now(), existing_type=sa.DateTime())",
    "alter default where there is none": "op.alter_column('t', 'c', server_default='x', existing_server_default=None)",
    "alter default dropped": "op.alter_column('t', 'c', server_default=None, existing_server_default='y')",
    "alter type and default": "op.alter_column('t', 'c', type_=sa.Integer(), server_default='1', existing_nullable=False)",
    "alter type and no default": "op.alter_column('t', 'c', type_=sa.Integer(), server_default=None, existing_nullable=False)",
    "alter name": "op.alter_column('t', 'c', new_column_name='d', existing_type=sa.Integer(), existing_nullable=False)",
    "alter name quoted": "op.alter_column('t', 'c d', new_column_name='d e', existing_type=sa.Integer(), schema='s')",
    "alter comment": "op.alter_column('t', 'c', comment=\"it's\", existing_type=sa.Integer(), schema='s')",
    "alter comment default schema": "op.alter_column('t', 'c', comment='x', existing_type=sa.Integer())",
    "alter comment replaced": "op.alter_column('t', 'c', comment='x', existing_comment='y', existing_type=sa.Integer(), schema='s')",
    "alter date": "op.alter_column('t', 'c', nullable=False, existing_type=sa.DateTime())",
    "alter comment and default": "op.alter_column('t', 'c', comment='x', server_default='5', existing_type=sa.Integer(), schema='s')",
    "alter comment empty": "op.alter_column('t', 'c', comment='', existing_type=sa.Integer(), schema='s')",
    "alter comment dropped": "op.alter_column('t', 'c', comment=None, existing_comment='y', existing_type=sa.Integer(), schema='s')",
    "alter identity added": "op.alter_column('t', 'c', server_default=sa.Identity(), existing_type=sa.Integer())",
    "alter identity changed": (
        "op.alter_column('t', 'c', server_default=sa.Identity(always=True, start=5), "
        "existing_server_default=sa.Identity(), existing_type=sa.Integer())"
    ),
    "alter identity dropped": (
        "op.alter_column('t', 'c', server_default=None, existing_server_default=sa.Identity(), existing_type=sa.Integer())"
    ),
    "alter computed": "op.alter_column('t', 'c', server_default=sa.Computed('a + 1'), existing_type=sa.Integer())",
    "alter autoincrement": "op.alter_column('t', 'c', autoincrement=True, nullable=False, existing_type=sa.Integer())",
    "alter everything": (
        "op.alter_column('t', 'c', nullable=True, type_=sa.BigInteger(), comment='k', new_column_name='d', "
        "existing_type=sa.Integer(), existing_comment='z', existing_nullable=False, schema='s')"
    ),
    # indexes
    "create_index": "op.create_index('ix', 't', ['a', sa.text('lower(b)')], schema='s', unique=True)",
    "create_index desc": "op.create_index('ix', 't', [sa.column('a').desc(), sa.func.lower(sa.column('b'))])",
    "create_index options": (
        "op.create_index('ix', 't', ['a'], postgresql_using='gin', postgresql_where=sa.text('a > 5'), "
        "postgresql_include=['z'], mysql_length=5, mariadb_length=5, sqlite_where=sa.text('a > 5'), mssql_include=['z'], "
        "mssql_where=sa.text('a > 5'), mssql_clustered=True, oracle_compress=True)"
    ),
    "create_index concurrently": "op.create_index('ix', 't', ['a'], postgresql_concurrently=True)",
    "create_index if_not_exists": "op.create_index('ix', 't', ['a'], if_not_exists=True)",
    "drop_index": "op.drop_index('ix', table_name='t', schema='s')",
    "drop_index without table": "op.drop_index('ix')",
    "drop_index if_exists": "op.drop_index('ix', table_name='t', if_exists=True)",
    # constraints
    "create_foreign_key": (
        "op.create_foreign_key('fk', 't', 'r', ['a', 'b'], ['c', 'd'], source_schema='s', referent_schema='s2', ondelete='CASCADE')"
    ),
    "create_foreign_key onupdate": "op.create_foreign_key('fk', 't', 'r', ['a'], ['c'], onupdate='SET NULL')",
    "create_foreign_key match": "op.create_foreign_key('fk', 't', 'r', ['a'], ['c'], match='FULL')",
    "create_foreign_key deferred": "op.create_foreign_key('fk', 't', 'r', ['a'], ['c'], deferrable=True, initially='DEFERRED')",
    "create_foreign_key not valid": "op.create_foreign_key('fk', 't', 'r', ['a'], ['c'], postgresql_not_valid=True)",
    "create_primary_key": "op.create_primary_key('pk', 't', ['a', 'b'], schema='s')",
    "create_unique_constraint": "op.create_unique_constraint('uq', 't', ['a', 'b'], schema='s', postgresql_nulls_not_distinct=True)",
    "create_unique_constraint unnamed": "op.create_unique_constraint(None, 't', ['a'])",
    "create_check_constraint": "op.create_check_constraint('ck', 't', sa.func.length(sa.column('x')) > 5, schema='s')",
    "create_check_constraint percent": "op.create_check_constraint('ck', 't', \"x not like '%y%'\")",
    "create_exclude_constraint": (
        "op.create_exclude_constraint('ex', 't', (sa.column('period'), '&&'), ('a', '='), "
        "where=sa.text(\"g != 'some'\"), deferrable=True, initially='deferred', using='gist', schema='s')"
    ),
    "drop_constraint": "op.drop_constraint('c', 't', schema='s')",
    "drop_constraint if_exists": "op.drop_constraint('c', 't', if_exists=True)",
    "drop_constraint foreignkey": "op.drop_constraint('c', 't', 'foreignkey', schema='s')",
    "drop_constraint foreignkey if_exists": "op.drop_constraint('c', 't', 'foreignkey', if_exists=True)",
    "drop_constraint primary": "op.drop_constraint('c', 't', 'primary')",
    "drop_constraint unique": "op.drop_constraint('c', 't', 'unique')",
    "drop_constraint check": "op.drop_constraint('c', 't', 'check')",
    "drop_constraint unnamed": "op.drop_constraint(None, 't', 'check')",
    # rows and statements
    "bulk_insert": (
        "op.bulk_insert(sa.table('t', sa.column('id', sa.Integer), sa.column('x', sa.String), sa.column('b', sa.Boolean)), "
        "[{'id': 1, 'x': \"it's\", 'b': True}, {'id': 2, 'x': None, 'b': False}])"
    ),
    "bulk_insert date": (
        "op.bulk_insert(sa.table('t', sa.column('d', sa.Date)), [{'d': __import__('datetime').date(2020, 1, 2)}])"
    ),
    "bulk_insert literal": "op.bulk_insert(sa.table('t', sa.column('x', sa.String)), [{'x': op.inline_literal('a')}], multiinsert=False)",
    "bulk_insert nothing": "op.bulk_insert(sa.table('t', sa.column('x', sa.String)), [])",
    "bulk_insert client default": (
        "op.bulk_insert(sa.Table('t', sa.MetaData(), sa.Column('id', sa.Integer, primary_key=True), "
        "sa.Column('x', sa.String, default='q')), [{'id': 1}])"
    ),
    "bulk_insert percent and tab": "op.bulk_insert(sa.table('t', sa.column('x', sa.String)), [{'x': '50%\\tof'}])",
    "execute": "op.execute('UPDATE t SET x = 5')",
    "execute colon": "op.execute(\"UPDATE t SET x = ':y' WHERE z = '10\\\\:30'\")",
    "execute bind": "op.execute('SELECT :x')",
    "execute bound": "op.execute(sa.text('UPDATE t SET x = :x').bindparams(x=5))",
    "execute percent": "op.execute(\"UPDATE t SET x = '50%'\")",
    "execute tab": "op.execute(\"UPDATE t\\tSET x = 'a\\tb'\")",
    "execute terminated": "op.execute('UPDATE t SET x = 5;')",
    "execute comment": "op.execute('UPDATE t SET x = 5 -- all')",
    "execute update": "op.execute(sa.table('t', sa.column('x', sa.Integer)).update().values(x=7))",
    "execute insert": (
        "op.execute(sa.Table('t', sa.MetaData(), sa.Column('id', sa.Integer, primary_key=True), sa.Column('x', sa.Integer))"
        ".insert().values(x=op.inline_literal(1)))"
    ),
    "execute DDL": "op.execute(sa.DDL('CREATE VIEW v AS SELECT 1'))",
    "bind execute": "op.get_bind().execute(sa.text('UPDATE t SET x = 1'))",
    "bind enum": "sa.Enum('a', 'b', name='en').create(op.get_bind())",
    "bind create_all": (
        "m = sa.MetaData(); sa.Table('t', m, sa.Column('x', sa.Integer, index=True)); m.create_all(op.get_bind())"
    ),
}
