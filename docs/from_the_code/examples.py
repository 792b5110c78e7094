"""A call of each operation, of which the reference shows the SQL on each database."""

EXAMPLES = {
    "add_column": 'op.add_column("customer", sa.Column("phone", sa.String(30), nullable=False, server_default=""))',
    "add_enum_value": 'op.add_enum_value("mood", "calm", after="sad")',
    "alter_column": (
        'op.alter_column("customer", "phone", existing_type=sa.String(30), type_=sa.String(50), nullable=True)'
    ),
    "alter_domain": 'op.alter_domain("zip", not_null=True)',
    "alter_sequence": 'op.alter_sequence("invoice_number", increment=10)',
    "alter_table_options": (
        'op.alter_table_options("customer", {"mysql_row_format": "DYNAMIC", "postgresql_with": {"fillfactor": 80}})'
    ),
    "attach_partition": 'op.attach_partition("orders_2026", "FOR VALUES IN (2026)", table_name="orders")',
    "batch_alter_table": (
        'with op.batch_alter_table("customer") as batch_op:\n'
        '    batch_op.add_column(sa.Column("phone", sa.String(30)))\n'
        '    batch_op.create_index("ix_customer_phone", ["phone"])'
    ),
    "bulk_insert": (
        'country = sa.table("country", sa.column("code", sa.String), sa.column("name", sa.String))\n'
        'op.bulk_insert(country, [{"code": "at", "name": "Austria"}, {"code": "be", "name": "Belgium"}])'
    ),
    "create_check_constraint": 'op.create_check_constraint("ck_price_positive", "product", "price > 0")',
    "create_domain": 'op.create_domain("zip", sa.String(5), checks={"zip_digits": "VALUE ~ \'^[0-9]+$\'"})',
    "create_enum": 'op.create_enum("mood", ["sad", "glad"])',
    "create_exclude_constraint": (
        'op.create_exclude_constraint("ex_booking_room", "booking", ("room", "="), ("during", "&&"), using="gist")'
    ),
    "create_foreign_key": (
        'op.create_foreign_key("fk_order_customer", "orders", "customer", ["customer_id"], ["id"], ondelete="CASCADE")'
    ),
    "create_function": (
        'op.create_function("one()", "CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS \'SELECT 1\'")'
    ),
    "create_index": 'op.create_index("ix_customer_email", "customer", ["email"], unique=True)',
    "create_object": (
        'op.create_object("policy", "own_rows ON customer", '
        '"CREATE POLICY own_rows ON customer USING (owner = current_user)")'
    ),
    "create_partition": 'op.create_partition("orders_2026", "FOR VALUES IN (2026)", table_name="orders")',
    "create_primary_key": 'op.create_primary_key("pk_customer", "customer", ["id"])',
    "create_procedure": (
        'op.create_procedure("tidy()", "CREATE PROCEDURE tidy() LANGUAGE sql AS \'DELETE FROM basket\'")'
    ),
    "create_sequence": 'op.create_sequence("invoice_number", start=1000)',
    "create_table": (
        "op.create_table(\n"
        '    "customer",\n'
        '    sa.Column("id", sa.Integer, primary_key=True),\n'
        '    sa.Column("email", sa.String(200), nullable=False),\n'
        ")"
    ),
    "create_table_comment": 'op.create_table_comment("customer", "who buys", existing_comment=None)',
    "create_trigger": (
        'op.create_trigger("stamped", "CREATE TRIGGER stamped BEFORE UPDATE ON customer '
        'FOR EACH ROW EXECUTE FUNCTION stamp()", table_name="customer")'
    ),
    "create_unique_constraint": 'op.create_unique_constraint("uq_customer_email", "customer", ["email"])',
    "create_view": 'op.create_view("adults", "SELECT id FROM customer WHERE age >= 18")',
    "detach_partition": 'op.detach_partition("orders_2026", table_name="orders")',
    "drop_column": 'op.drop_column("customer", "phone")',
    "drop_constraint": 'op.drop_constraint("uq_customer_email", "customer", type_="unique")',
    "drop_domain": 'op.drop_domain("zip")',
    "drop_enum": 'op.drop_enum("mood")',
    "drop_function": 'op.drop_function("one()")',
    "drop_index": 'op.drop_index("ix_customer_email", "customer")',
    "drop_object": 'op.drop_object("policy", "own_rows ON customer")',
    "drop_partition": 'op.drop_partition("orders_2026", table_name="orders")',
    "drop_procedure": 'op.drop_procedure("tidy()")',
    "drop_sequence": 'op.drop_sequence("invoice_number")',
    "drop_table": 'op.drop_table("customer")',
    "drop_table_comment": 'op.drop_table_comment("customer")',
    "drop_trigger": 'op.drop_trigger("stamped", table_name="customer")',
    "drop_view": 'op.drop_view("adults")',
    "execute": "op.execute(\"UPDATE customer SET phone = '' WHERE phone IS NULL\")",
    "rename_enum_value": 'op.rename_enum_value("mood", "glad", "happy")',
    "rename_table": 'op.rename_table("customer", "client")',
    "replace_domain": 'op.replace_domain("zip", sa.String(10))',
    "replace_enum_values": 'op.replace_enum_values("mood", ["sad", "calm"])',
    "replace_function": (
        'op.replace_function("one()", "CREATE OR REPLACE FUNCTION one() RETURNS integer LANGUAGE sql AS \'SELECT 1\'")'
    ),
    "replace_object": (
        'op.replace_object("policy", "own_rows ON customer", '
        '"CREATE POLICY own_rows ON customer USING (owner = session_user)")'
    ),
    "replace_procedure": (
        'op.replace_procedure("tidy()", "CREATE PROCEDURE tidy() LANGUAGE sql AS \'DELETE FROM basket\'")'
    ),
    "replace_trigger": (
        'op.replace_trigger("stamped", "CREATE TRIGGER stamped BEFORE INSERT ON customer '
        'FOR EACH ROW EXECUTE FUNCTION stamp()", table_name="customer")'
    ),
    "replace_view": 'op.replace_view("adults", "SELECT id FROM customer WHERE age >= 21")',
}

POSTGRESQL = frozenset({"postgresql"})
WITH_SEQUENCES = frozenset({"postgresql", "mariadb", "mssql", "oracle"})

ONLY: dict[str, frozenset[str]] = {
    **dict.fromkeys(("create_sequence", "alter_sequence", "drop_sequence"), WITH_SEQUENCES),
    **dict.fromkeys(("create_function", "replace_function", "drop_function"), POSTGRESQL),
    **dict.fromkeys(("create_procedure", "replace_procedure", "drop_procedure"), POSTGRESQL),
    **dict.fromkeys(("create_trigger", "replace_trigger", "drop_trigger"), POSTGRESQL),
    **dict.fromkeys(("create_partition", "attach_partition", "detach_partition", "drop_partition"), POSTGRESQL),
    "alter_table_options": frozenset({"postgresql", "mysql", "mariadb"}),
}
"""Databases that an example is for, where it is not for all: the others lack the thing, or write its text otherwise."""

ASKS_THE_DATABASE = frozenset({"replace_domain", "replace_enum_values"})
"""Operations that look at the database first, so that no SQL can be shown without one."""
