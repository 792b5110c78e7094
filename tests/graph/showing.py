"""Plans written down: what the tests compare."""

from __future__ import annotations

from limbeck.graph.graph import Graph
from limbeck.graph.plan import Plan, plan_downgrade, plan_stamp, plan_upgrade


class Database:
    """Version rows, moved by the plans that commands make.

    :param rows: the rows at the start.
    """

    def __init__(self, graph: Graph, *rows: str) -> None:
        self.graph = graph
        self.rows = tuple(sorted(rows))

    def run(self, command: str) -> Plan:
        """Plan ``upgrade X``, ``downgrade X`` or ``stamp X Y``, check the plan against itself, and keep its rows."""
        verb, *targets = command.split()
        if verb == "upgrade":
            plan = plan_upgrade(self.graph, self.rows, targets[0] if len(targets) == 1 else tuple(targets))
        elif verb == "downgrade":
            plan = plan_downgrade(self.graph, self.rows, targets[0])
        else:
            plan = plan_stamp(self.graph, self.rows, tuple(targets))
        assert plan.start == self.rows
        rows = self.rows
        for step in plan.steps:
            rows = step.change.apply(rows)
        assert sorted(rows) == sorted(plan.end)
        self.rows = tuple(sorted(rows))
        return plan

    def steps(self, command: str) -> str:
        """The ids that run, in their order."""
        return " ".join(step.revision or "stamp" for step in self.run(command).steps)

    def lines(self, command: str) -> list[str]:
        """The steps as the log shows them, each with what it does to the rows."""
        found = []
        for step in self.run(command).steps:
            change = [
                *(f"delete {name}" for name in step.change.delete),
                *(f"insert {name}" for name in step.change.insert),
                *(f"update {old} to {new}" for old, new in step.change.update),
            ]
            arrow = f"{', '.join(step.from_revisions)} -> {', '.join(step.to_revisions)}"
            found.append(f"{arrow}: {', '.join(change)}")
        return found
