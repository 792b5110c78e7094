"""``limbeck labels``: the branch labels, each with the revision that its branch begins with; as text and as JSON."""

from __future__ import annotations

from . import Example, after, before

EXAMPLE = Example(
    adds="a command with JSON",
    files={
        "results/__init__.py": (
            before(
                "    from .revisions import RevisionEntry",
                "    from .revisions import LabelsResult as LabelsResult\n",
            ),
            before("RevisionEntry RevisionsResult", "LabelsResult "),
        ),
        "results/revisions.py": (
            before(
                "@dataclass(frozen=True, slots=True)\nclass BranchPoint:",
                '''@dataclass(frozen=True, slots=True)
class LabelsResult(Result):
    """What ``labels`` lists.

    :param labels: the revisions that branches begin with, by label.
    """

    schema = "limbeck.labels"

    labels: tuple[RevisionEntry, ...]


''',
            ),
        ),
        "show/text.py": (
            before(
                "def show(found",
                '''def labels(found: Iterable[Script]) -> Iterator[str]:
    """A line for each branch label."""
    for script in found:
        yield f"{', '.join(sorted(script.branch_labels))}: {script.revision}"


''',
            ),
        ),
        "command/looking.py": (
            before(
                "def branches(config",
                '''def labels(config: Config, *, json: bool = False) -> list[Script]:
    """List the branch labels.

    :param config: the configuration.
    :param json: print a JSON document instead of text.
    :return: the revisions that branches begin with.
    """
    from limbeck.results import LabelsResult

    script = environment_of(config).script
    found = [item for item in script.walk_revisions() if item.is_base and item.branch_labels]
    printing.show(config, text.labels(found), lambda: LabelsResult(describe.entries(script, found)), json=json)
    return found


''',
            ),
        ),
        "command/__init__.py": (
            before("lint, show, status", "labels, "),
            before('    "lint",\n', '    "labels",\n'),
        ),
        "aio.py": (after("init = _awaitable(command.init)\n", "labels = _awaitable(command.labels)\n"),),
    },
    program="""
import json, subprocess, sys
limbeck = [sys.executable, "-m", "limbeck"]
subprocess.run([*limbeck, "-q", "init", "migrations"], check=True)
subprocess.run([*limbeck, "-q", "revision", "--rev-id", "a1", "--branch-label", "shop"], check=True)
print(subprocess.run([*limbeck, "labels"], capture_output=True, text=True).stdout, end="")
found = json.loads(subprocess.run([*limbeck, "labels", "--json"], capture_output=True, text=True).stdout)
print(found["schema"], found["version"], [one["revision"] for one in found["labels"]])
""",
    prints="""\
shop: a1
limbeck.labels 1 ['a1']
""",
)
