"""Foreign keys, compared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Integer, MetaData, String, Table

from limbeck.testing import combinations, config, eq_
from limbeck.testing.fixtures import TestBase

from ._autogen_fixtures import AutogenFixtureTest


def _tables(*keys: ForeignKeyConstraint, columns: dict[str, str] | None = None) -> MetaData:
    """``wares`` with foreign keys to ``makers``, whose key is ``id``, or ``id`` and ``place``.

    :param columns: keys of columns in the model, by their names.
    """
    metadata = MetaData()
    given = columns or {}
    composite = any(len(key.column_keys) > 1 for key in keys)
    Table(
        "makers",
        metadata,
        Column("id", Integer, primary_key=True, key=given.get("id", "id"), autoincrement=False),
        Column("place", String(10), primary_key=composite, nullable=not composite),
    )
    Table(
        "wares",
        metadata,
        Column("number", Integer, primary_key=True),
        Column("maker", Integer, key=given.get("maker", "maker")),
        Column("maker_place", String(10)),
        *keys,
    )
    return metadata


def _key(name: str | None = "fk_maker", *, composite: bool = False, **settings: Any) -> ForeignKeyConstraint:
    columns, targets = ["maker"], ["makers.id"]
    if composite:
        columns, targets = [*columns, "maker_place"], [*targets, "makers.place"]
    return ForeignKeyConstraint(columns, targets, name=name, **settings)


ONE = ("wares", ["maker"], "makers", ["id"])
TWO = ("wares", ["maker", "maker_place"], "makers", ["id", "place"])


class AutogenerateForeignKeysTest(AutogenFixtureTest, TestBase):
    """Keys that come, go and stay."""

    __backend__ = True
    __requires__ = ("foreign_key_constraint_reflection",)

    def test_remove_fk(self) -> None:
        (diff,) = self._fixture(_tables(_key(None)), _tables())
        self._assert_fk_diff(diff, "remove_fk", *ONE, conditional_name="servergenerated")

    def test_add_fk(self) -> None:
        (diff,) = self._fixture(_tables(), _tables(_key()))
        self._assert_fk_diff(diff, "add_fk", *ONE, name="fk_maker")

    def test_no_change(self) -> None:
        eq_(self._fixture(_tables(_key(None)), _tables(_key(None))), [])

    def test_no_change_composite_fk(self) -> None:
        eq_(self._fixture(_tables(_key(composite=True)), _tables(_key(composite=True))), [])

    def test_casing_convention_changed_so_put_drops_first(self) -> None:
        diffs = self._fixture(_tables(_key("SomeFK")), _tables(_key("somefk", ondelete="CASCADE")))
        eq_([diff[0] for diff in diffs][:1], ["remove_fk"] if diffs else [])

    def test_add_composite_fk_with_name(self) -> None:
        metadata = _tables(_key(composite=True))
        database = _tables(_key(composite=True))
        key = next(item for item in database.tables["wares"].constraints if isinstance(item, ForeignKeyConstraint))
        database.tables["wares"].constraints.discard(key)
        for element in key.elements:
            element.parent.foreign_keys.discard(element)
        (diff,) = self._fixture(database, metadata)
        self._assert_fk_diff(diff, "add_fk", *TWO, name="fk_maker")

    @config.requirements.no_name_normalize
    def test_remove_composite_fk(self) -> None:
        model = _tables(_key(composite=True))
        key = next(item for item in model.tables["wares"].constraints if isinstance(item, ForeignKeyConstraint))
        model.tables["wares"].constraints.discard(key)
        for element in key.elements:
            element.parent.foreign_keys.discard(element)
        (diff,) = self._fixture(_tables(_key(composite=True)), model)
        self._assert_fk_diff(diff, "remove_fk", *TWO, conditional_name="fk_maker")

    def test_add_fk_colkeys(self) -> None:
        keys = {"id": "id_key", "maker": "maker_key"}
        model = _tables(ForeignKeyConstraint(["maker_key"], ["makers.id_key"], name="fk_maker"), columns=keys)
        (diff,) = self._fixture(_tables(), model)
        self._assert_fk_diff(diff, "add_fk", *ONE, name="fk_maker")

    def test_no_change_colkeys(self) -> None:
        keys = {"id": "id_key", "maker": "maker_key"}
        model = _tables(ForeignKeyConstraint(["maker_key"], ["makers.id_key"]), columns=keys)
        eq_(self._fixture(_tables(_key(None)), model), [])


class IncludeHooksTest(AutogenFixtureTest, TestBase):
    """``include_object`` and ``include_name`` are asked about foreign keys."""

    __backend__ = True
    __requires__ = ("fk_names",)

    def _hooks(self, hook_type: str, name: str) -> dict[str, Any]:
        def include_object(_obj: Any, found: str, type_: str, reflected: bool, _other: Any) -> bool:
            return not (type_ == "foreign_key_constraint" and reflected and found == name)

        def include_name(found: str | None, type_: str, _parents: Any) -> bool:
            return not (type_ == "foreign_key_constraint" and found == name)

        return {"object_filters": include_object} if hook_type == "object" else {"name_filters": include_name}

    @combinations(("object",), ("name",), argnames="hook_type")
    @config.requirements.no_name_normalize
    def test_remove_connection_fk(self, hook_type: str) -> None:
        eq_(self._fixture(_tables(_key("fk_hidden")), _tables(), **self._hooks(hook_type, "fk_hidden")), [])

    def test_add_metadata_fk(self) -> None:
        def include_object(_obj: Any, name: str, type_: str, reflected: bool, _other: Any) -> bool:
            return not (type_ == "foreign_key_constraint" and not reflected and name == "fk_hidden")

        eq_(self._fixture(_tables(), _tables(_key("fk_hidden")), object_filters=include_object), [])

    @combinations(("object",), ("name",), argnames="hook_type")
    @config.requirements.no_name_normalize
    @config.requirements.fk_ondelete_is_reflected
    def test_change_fk(self, hook_type: str) -> None:
        models = _tables(_key("fk_hidden")), _tables(_key("fk_hidden", ondelete="CASCADE"))
        diffs = self._fixture(*models, **self._hooks(hook_type, "fk_hidden"))
        assert "remove_fk" not in [diff[0] for diff in diffs]


class AutogenerateFKOptionsTest(AutogenFixtureTest, TestBase):
    """ON DELETE, ON UPDATE and deferral."""

    __backend__ = True

    def _fk_opts_fixture(self, old_opts: dict[str, Any], new_opts: dict[str, Any]) -> Any:
        return self._fixture(_tables(_key(**old_opts)), _tables(_key(**new_opts)))

    def _expect_change(self, old: dict[str, Any], new: dict[str, Any], *, reflected: Any = None) -> None:
        diffs = self._fk_opts_fixture(old, new)
        if reflected is not None and not reflected.enabled:
            eq_(diffs, [])
            return
        self._assert_fk_diff(diffs[0], "remove_fk", *ONE, conditional_name="fk_maker", **_as_reflected(old))
        self._assert_fk_diff(diffs[1], "add_fk", *ONE, conditional_name="fk_maker", **new)

    def _expect_none(self, *options: dict[str, Any]) -> None:
        eq_(self._fk_opts_fixture(*(options * 2)[:2]), [])

    @config.requirements.fk_ondelete_is_reflected
    def test_add_ondelete(self) -> None:
        self._expect_change({}, {"ondelete": "cascade"})

    @config.requirements.fk_ondelete_is_reflected
    def test_remove_ondelete(self) -> None:
        self._expect_change({"ondelete": "CASCADE"}, {})

    def test_nochange_ondelete(self) -> None:
        self._expect_none({"ondelete": "cascade"})

    @config.requirements.fk_onupdate_is_reflected
    def test_add_onupdate(self) -> None:
        self._expect_change({}, {"onupdate": "cascade"})

    @config.requirements.fk_onupdate_is_reflected
    def test_remove_onupdate(self) -> None:
        self._expect_change({"onupdate": "CASCADE"}, {})

    @config.requirements.fk_onupdate
    def test_nochange_onupdate(self) -> None:
        self._expect_none({"onupdate": "cascade"})

    @config.requirements.fk_ondelete_restrict
    def test_nochange_ondelete_restrict(self) -> None:
        self._expect_none({"ondelete": "restrict"})

    @config.requirements.fk_onupdate_restrict
    def test_nochange_onupdate_restrict(self) -> None:
        self._expect_none({"onupdate": "restrict"})

    @config.requirements.fk_ondelete_noaction
    def test_nochange_ondelete_noaction(self) -> None:
        self._expect_none({"ondelete": "no action"})

    @config.requirements.fk_onupdate
    def test_nochange_onupdate_noaction(self) -> None:
        self._expect_none({"onupdate": "no action"})

    @config.requirements.fk_ondelete_restrict
    @config.requirements.fk_ondelete_is_reflected
    def test_change_ondelete_from_restrict(self) -> None:
        diffs = self._fk_opts_fixture({"ondelete": "restrict"}, {"ondelete": "cascade"})
        eq_([diff[0] for diff in diffs], ["remove_fk", "add_fk"])

    @config.requirements.fk_onupdate_restrict
    @config.requirements.fk_onupdate_is_reflected
    def test_change_onupdate_from_restrict(self) -> None:
        diffs = self._fk_opts_fixture({"onupdate": "restrict"}, {"onupdate": "cascade"})
        eq_([diff[0] for diff in diffs], ["remove_fk", "add_fk"])

    @config.requirements.fk_ondelete_is_reflected
    @config.requirements.fk_onupdate_is_reflected
    def test_ondelete_onupdate_combo(self) -> None:
        old, new = {"onupdate": "CASCADE", "ondelete": "SET NULL"}, {"onupdate": "cascade", "ondelete": "cascade"}
        self._expect_change(old, new)

    @config.requirements.fk_initially
    def test_add_initially_deferred(self) -> None:
        self._expect_deferral({}, {"initially": "deferred"})

    @config.requirements.fk_initially
    def test_remove_initially_deferred(self) -> None:
        self._expect_deferral({"initially": "deferred"}, {})

    @config.requirements.fk_deferrable
    @config.requirements.fk_initially
    def test_add_initially_immediate_plus_deferrable(self) -> None:
        self._expect_deferral({}, {"initially": "immediate", "deferrable": True})

    @config.requirements.fk_deferrable
    @config.requirements.fk_initially
    def test_remove_initially_immediate_plus_deferrable(self) -> None:
        self._expect_deferral({"initially": "immediate", "deferrable": True}, {})

    @config.requirements.fk_initially
    @config.requirements.fk_deferrable
    def test_add_initially_deferrable_nochange_one(self) -> None:
        self._expect_none({"deferrable": True, "initially": "immediate"})

    @config.requirements.fk_initially
    @config.requirements.fk_deferrable
    def test_add_initially_deferrable_nochange_two(self) -> None:
        self._expect_none({"deferrable": True, "initially": "deferred"})

    @config.requirements.fk_initially
    @config.requirements.fk_deferrable
    def test_add_initially_deferrable_nochange_three(self) -> None:
        self._expect_none({"deferrable": None, "initially": "deferred"})

    @config.requirements.fk_deferrable
    def test_add_deferrable(self) -> None:
        self._expect_deferral({}, {"deferrable": True})

    @config.requirements.fk_deferrable_is_reflected
    def test_remove_deferrable(self) -> None:
        self._expect_deferral({"deferrable": True}, {})

    def _expect_deferral(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        expected = ["remove_fk", "add_fk"] if config.requirements.fk_deferrable_is_reflected.enabled else []
        eq_([diff[0] for diff in self._fk_opts_fixture(old, new)], expected)


def _as_reflected(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value.upper() for name, value in options.items()}
