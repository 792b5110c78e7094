"""Two projects in full: the steps and the rows after every command, as the reference has them.

The first has branches, labels and a dependency; the second has modules of an application that depend on each other.
"""

import pytest
from graphs import graph
from showing import Database

from limbeck.graph.rows import effective_current

ACCOUNT = (
    ("109ec7d132bf", "3cac04ae8714"),
    ("1975ea83b712", None),
    ("27c6a30d7c24", "1975ea83b712", None, "shoppingcart"),
    ("29f859a13ea", "109ec7d132bf"),
    ("2a95102259be", "29f859a13ea", "55af2cb1c267"),
    ("34e094ad6ef1", "55af2cb1c267"),
    ("3cac04ae8714", None, None, "networking"),
    ("55af2cb1c267", "ae1027a6acf"),
    ("ae1027a6acf", "1975ea83b712"),
    ("d747a8a8879", "27c6a30d7c24"),
)


@pytest.fixture
def account():
    """1975 -> ae10 -> 55af -> 34e0;  1975 -> 27c6 [shoppingcart] -> d747

    3cac [networking] -> 109e -> 29f8 -> 2a95 (depends on 55af)
    """
    return graph(*ACCOUNT)


def short(text: str) -> str:
    """Ids cut to four characters."""
    return " ".join(word if word == "stamp" else word[:4] for word in text.split())


def test_a_branch_is_merged():
    """1975 -> 27c6 -> 53ff;  1975 -> ae10 -> 53ff"""
    g = graph(
        ("1975ea83b712", None),
        ("27c6a30d7c24", "1975ea83b712"),
        ("53fffde5ad5", ("ae1027a6acf", "27c6a30d7c24")),
        ("ae1027a6acf", "1975ea83b712"),
    )
    database = Database(g)
    assert database.lines("upgrade head") == [
        " -> 1975ea83b712: insert 1975ea83b712",
        "1975ea83b712 -> 27c6a30d7c24: update 1975ea83b712 to 27c6a30d7c24",
        "1975ea83b712 -> ae1027a6acf: insert ae1027a6acf",
        "ae1027a6acf, 27c6a30d7c24 -> 53fffde5ad5: delete ae1027a6acf, update 27c6a30d7c24 to 53fffde5ad5",
    ]
    assert database.lines("downgrade base") == [
        "53fffde5ad5 -> ae1027a6acf, 27c6a30d7c24: insert ae1027a6acf, update 53fffde5ad5 to 27c6a30d7c24",
        "ae1027a6acf -> 1975ea83b712: delete ae1027a6acf",
        "27c6a30d7c24 -> 1975ea83b712: update 27c6a30d7c24 to 1975ea83b712",
        "1975ea83b712 -> : delete 1975ea83b712",
    ]


@pytest.mark.parametrize(
    ("before", "command", "steps", "after"),
    [
        ("", "upgrade networking@head", "1975 ae10 55af 3cac 109e 29f8 2a95", "2a95"),
        ("2a95", "downgrade networking@base", "2a95 29f8 109e 3cac", "55af"),
        ("2a95", "downgrade ae10", "2a95 55af", "29f8 ae10"),
        ("2a95 34e0", "downgrade 55af", "34e0", "2a95"),
        ("29f8 55af d747", "upgrade heads", "34e0 2a95", "2a95 34e0 d747"),
        ("2a95", "downgrade networking@-1", "2a95", "29f8 55af"),
        ("29f8", "downgrade networking@29f8-1", "29f8", "109e"),
        ("109e", "upgrade networking@+1", "29f8", "29f8"),
        ("27c6", "upgrade shoppingcart@27c6+1", "d747", "d747"),
        ("", "upgrade shoppingcart@+1", "1975", "1975"),
        ("1975", "upgrade shoppingcart@+1", "27c6", "27c6"),
        ("", "upgrade shoppingcart@heads", "1975 27c6 d747", "d747"),
        ("", "upgrade ae102", "1975 ae10", "ae10"),
        ("", "upgrade 27c6a+1", "1975 27c6 d747", "d747"),
        ("2a95 34e0 d747", "upgrade heads", "", "2a95 34e0 d747"),
        ("", "stamp 27c6 29f8", "stamp stamp", "27c6 29f8"),
        ("27c6 29f8", "stamp networking@base", "stamp", "27c6"),
        ("27c6 2a95", "stamp 1975", "stamp", "1975"),
        ("1975", "stamp 2a95", "stamp", "2a95"),
        ("29f8 34e0 27c6", "stamp heads", "stamp stamp", "2a95 34e0 d747"),
        ("", "stamp heads", "stamp stamp stamp", "2a95 34e0 d747"),
        ("2a95 34e0 d747", "stamp base", "stamp stamp stamp", ""),
    ],
)
def test_account_and_networking(account, before, command, steps, after):
    full = {spec[0][:4]: spec[0] for spec in ACCOUNT}
    database = Database(account, *(full[name] for name in before.split()))
    assert short(database.steps(command)) == steps
    assert short(" ".join(database.rows)) == after


def test_heads_and_effective_heads():
    """As above, before 34e0 was written: 55af is a head that 2a95 depends on."""
    g = graph(*(spec for spec in ACCOUNT if spec[0] != "34e094ad6ef1"))
    assert g.heads == ("2a95102259be", "55af2cb1c267", "d747a8a8879")
    assert g.real_heads == ("2a95102259be", "d747a8a8879")
    current = effective_current(g, ("2a95102259be", "d747a8a8879"))
    assert current == ("2a95102259be", "55af2cb1c267", "d747a8a8879")
    database = Database(g, "29f859a13ea", "55af2cb1c267", "d747a8a8879")
    assert database.steps("upgrade heads") == "2a95102259be"
    assert database.rows == ("2a95102259be", "d747a8a8879")


def module(name: str) -> list[tuple[object, ...]]:
    init = "INITCORE" if name == "core" else f"INIT{name.upper()}"
    needs = None if name == "core" else "init_core_newtable"
    return [
        (f"init_{name}_newtable", None, needs, init),
        (f"init_{name}_funcproc", f"init_{name}_newtable"),
        (f"init_{name}_popdata", f"init_{name}_funcproc"),
        (f"init_{name}_version0", None, f"init_{name}_popdata", name.upper()),
        (f"{name}_rev1", f"init_{name}_version0"),
        (f"{name}_rev2", f"{name}_rev1"),
        (f"{name}_rev3", f"{name}_rev2"),
    ]


@pytest.fixture
def modules():
    """For core, mod1, mod2, mod3:

    newtable [INITx] -> funcproc -> popdata;  version0 [x] (depends on popdata) -> rev1 -> rev2 -> rev3

    newtable of a module depends on that of core; all_modules [INITALL] depends on the three modules' popdata;
    dev_popdata [INITDEV] depends on all_modules.
    """
    popdata = tuple(f"init_mod{number}_popdata" for number in (1, 2, 3))
    return graph(
        *(spec for name in ("core", "mod1", "mod2", "mod3") for spec in module(name)),
        ("init_all_modules", None, popdata, "INITALL"),
        ("init_dev_popdata", None, "init_all_modules", "INITDEV"),
    )


def test_heads_of_the_modules(modules):
    assert len(modules.bases) == len(modules.heads) == 10
    assert modules.real_heads == ("core_rev3", "mod1_rev3", "mod2_rev3", "mod3_rev3", "init_dev_popdata")
    assert not any(node.is_branch_point for node in modules.nodes.values())
    label = modules.branch_labels
    assert (label["core_rev3"], label["init_core_popdata"]) == ({"CORE"}, {"INITCORE"})


INIT = "init_core_newtable init_core_funcproc init_core_popdata"
MOD1 = "init_mod1_newtable init_mod1_funcproc init_mod1_popdata"


@pytest.mark.parametrize(
    ("before", "command", "steps", "after"),
    [
        ("", "upgrade INITCORE@head", INIT, "init_core_popdata"),
        ("init_core_popdata", "upgrade INITMOD1@head", MOD1, "init_core_popdata init_mod1_popdata"),
        (
            "init_core_popdata init_mod1_popdata",
            "upgrade CORE@head",
            "init_core_version0 core_rev1 core_rev2 core_rev3",
            "core_rev3 init_mod1_popdata",
        ),
        (
            "core_rev3 init_mod1_popdata",
            "upgrade MOD1@head",
            "init_mod1_version0 mod1_rev1 mod1_rev2 mod1_rev3",
            "core_rev3 mod1_rev3",
        ),
        (
            "core_rev3 mod1_rev3 mod2_rev3 mod3_rev3",
            "downgrade CORE@base",
            "core_rev3 core_rev2 core_rev1 init_core_version0",
            "init_core_popdata mod1_rev3 mod2_rev3 mod3_rev3",
        ),
        ("init_core_popdata mod1_rev3", "downgrade MOD1@-1", "mod1_rev3", "init_core_popdata mod1_rev2"),
        ("init_core_popdata mod2_rev3", "downgrade MOD2@-2", "mod2_rev3 mod2_rev2", "init_core_popdata mod2_rev1"),
        (
            "init_core_popdata mod3_rev3",
            "downgrade MOD3@-3",
            "mod3_rev3 mod3_rev2 mod3_rev1",
            "init_core_popdata init_mod3_version0",
        ),
        (
            "",
            "upgrade INITALL@head",
            (
                "init_core_newtable init_mod3_newtable init_mod3_funcproc init_mod3_popdata init_mod2_newtable "
                "init_mod2_funcproc init_mod2_popdata init_mod1_newtable init_mod1_funcproc init_mod1_popdata "
                "init_all_modules"
            ),
            "init_all_modules",
        ),
        (
            "init_core_popdata",
            "upgrade INITALL@head",
            (
                "init_mod3_newtable init_mod3_funcproc init_mod3_popdata init_mod2_newtable "
                "init_mod2_funcproc init_mod2_popdata init_mod1_newtable init_mod1_funcproc init_mod1_popdata "
                "init_all_modules"
            ),
            "init_all_modules init_core_popdata",
        ),
        ("init_all_modules", "upgrade INITDEV@head", "init_dev_popdata", "init_dev_popdata"),
    ],
)
def test_modules_one_command(modules, before, command, steps, after):
    database = Database(modules, *before.split())
    assert database.steps(command) == steps
    assert database.rows == tuple(after.split())


def test_modules_the_whole_readme(modules):
    """Rows after each command, as the reference leaves them."""
    modules_at_init = "init_mod1_popdata init_mod2_popdata init_mod3_popdata"
    expected = [
        ("upgrade INITCORE@head", "init_core_popdata"),
        ("upgrade INITMOD1@head", "init_core_popdata init_mod1_popdata"),
        ("upgrade INITMOD2@head", "init_core_popdata init_mod1_popdata init_mod2_popdata"),
        ("upgrade INITMOD3@head", f"init_core_popdata {modules_at_init}"),
        ("upgrade CORE@head", f"core_rev3 {modules_at_init}"),
        ("upgrade MOD1@head", "core_rev3 init_mod2_popdata init_mod3_popdata mod1_rev3"),
        ("upgrade MOD2@head", "core_rev3 init_mod3_popdata mod1_rev3 mod2_rev3"),
        ("upgrade MOD3@head", "core_rev3 mod1_rev3 mod2_rev3 mod3_rev3"),
        ("downgrade CORE@base", "init_core_popdata mod1_rev3 mod2_rev3 mod3_rev3"),
        ("downgrade MOD1@-1", "init_core_popdata mod1_rev2 mod2_rev3 mod3_rev3"),
        ("downgrade MOD2@-2", "init_core_popdata mod1_rev2 mod2_rev1 mod3_rev3"),
        ("downgrade MOD3@-3", "init_core_popdata init_mod3_version0 mod1_rev2 mod2_rev1"),
        ("downgrade base", ""),
        ("upgrade INITALL@head", "init_all_modules"),
        ("downgrade base", ""),
        ("upgrade INITDEV@head", "init_dev_popdata"),
        ("upgrade heads", "core_rev3 init_dev_popdata mod1_rev3 mod2_rev3 mod3_rev3"),
    ]
    database, found = Database(modules), []
    for command, _ in expected:
        database.run(command)
        found.append((command, " ".join(database.rows)))
    assert found == expected
