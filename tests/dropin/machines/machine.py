"""Differential machines: random examples run by both tools; those that differ are made small and shown.

An example is Python text, made from a seed. What is known to differ is left out by a list, each entry with its reason
and an example that does differ. `LIMBECK_MACHINE_SEED` gives a run other examples, and `LIMBECK_MACHINE_MINUTES` is
the length of a campaign.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cells import differences
from chance import Chance
from reduce import reduced
from side_by_side import Tool

BOTH = Path(__file__).parent / "both"
SEED = os.environ.get("LIMBECK_MACHINE_SEED", "1")
MINUTES = float(os.environ.get("LIMBECK_MACHINE_MINUTES", "15"))

Answer = dict[str, Any]
Tools = tuple[Tool, Tool]
Ask = Callable[[Tool, Path, Sequence[str], str], list[Answer]]


@dataclass(frozen=True)
class LeftOut:
    """A difference that is not reported.

    :param reason: the entry of docs/differences.md that says why, or the fault that is open.
    :param example: text that differs for this reason. :param applies: whether a differing example (its text, the
        reference's answer, ours) is one of these. :param always: whether the example differs every time.
    """

    reason: str
    example: str
    applies: Callable[[str, Answer, Answer], bool]
    always: bool = True


LOOKS = (
    (r" at 0x[0-9a-f]+", ""),  # an object's address
    (r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\b", "NOW"),  # the database's clock
    (r"\b[A-Z]\w+\.(\w+\(\))", r"\1"),  # Python names a method of ours with its class, `TypeError: X.f() missing ...`
)
"""What differs between two runs or two seconds, or in the name of a function alone."""


def plain(answer: Answer) -> Answer:
    """An answer without `LOOKS`."""
    text = json.dumps(answer)
    for looks, instead in LOOKS:
        text = re.sub(looks, instead, text)
    found: Answer = json.loads(text)
    return found


def cells_of(setup: str, names: Callable[[Tool], dict[str, Any]] = lambda tool: {}) -> Ask:
    """Ask with examples as cells, after the setup in a file of `both`; with more of it, to plant a fault.

    :param names: what the cells of a tool find defined.
    """
    shared = (BOTH / setup).read_text()

    def ask(tool: Tool, folder: Path, examples: Sequence[str], planted: str) -> list[Answer]:
        return [plain(one) for one in tool.cells(folder, list(examples), f"{shared}\n{planted}", names(tool))]

    return ask


@dataclass(frozen=True)
class Machine:
    """What makes examples, and what carries them out.

    :param make: an example. :param ask: the answers of a tool to examples, with a fault of ours planted or none.
    :param left_out: differences that are not reported. :param batch: examples that are asked for at once.
    """

    make: Callable[[Chance], str]
    ask: Ask
    left_out: tuple[LeftOut, ...] = ()
    batch: int = 40

    def told(self, tools: Tools, folder: Path, examples: Sequence[str], planted: str = "") -> list[list[str]]:
        """For each example: how the answers differ and are not left out, as text; nothing where they don't."""
        told = []
        for text, (there, here) in zip(examples, self._answers(tools, folder, examples, planted), strict=True):
            found = differences([there], [here], [text])
            told.append([] if found and any(one.applies(text, there, here) for one in self.left_out) else found)
        return told

    def _answers(
        self, tools: Tools, folder: Path, examples: Sequence[str], planted: str
    ) -> Iterator[tuple[Answer, Answer]]:
        for tool in tools:
            (folder / tool.name).mkdir(exist_ok=True)
        with ThreadPoolExecutor(2) as pool:
            answers = [
                pool.submit(self.ask, tool, folder / tool.name, examples, planted * (tool.name == "limbeck"))
                for tool in tools
            ]
        return zip(*(one.result() for one in answers), strict=True)

    def run(
        self,
        tools: Tools,
        folder: Path,
        seed: str = SEED,
        *,
        examples: float = math.inf,
        seconds: float = math.inf,
        planted: str = "",
        most: int = 3,
    ) -> list[str]:
        """Try examples; the differences found, each with its seed and a small example.

        :param examples: how many; the run ends before if it takes longer than so many seconds.
        :param planted: a fault of ours, as Python. :param most: after how many differences to stop.
        """
        end, found = time.monotonic() + seconds, dict[str, str]()
        for start in itertools.count(0, self.batch):
            if start >= examples or len(found) >= most or time.monotonic() > end:
                print(f"{start} examples of seed {seed}, {len(found)} found")
                break
            seeds = [f"{seed}/{number}" for number in range(start, start + self.batch)]
            texts = [self.make(Chance(one)) for one in seeds]
            for one, text, told in zip(seeds, texts, self.told(tools, folder, texts, planted), strict=True):
                if told and len(found) < most:
                    small = self.small(tools, folder, text, planted)
                    alone = self.told(tools, folder, [small], planted)[0]
                    found.setdefault(
                        small, "\n".join([f"seed {one}:", *(alone or told), *([] if alone else ["... not always"])])
                    )
        return list(found.values())

    def small(self, tools: Tools, folder: Path, text: str, planted: str = "") -> str:
        """A small example that differs, made from one that does."""
        return reduced(text, lambda texts: [bool(told) for told in self.told(tools, folder, texts, planted)])

    def campaign(self, tools: Tools, folder: Path) -> list[str]:
        """Run with a new seed for as long as `LIMBECK_MACHINE_MINUTES` says; the differences found."""
        return self.run(tools, folder, secrets.token_hex(4), seconds=60 * MINUTES, most=20)

    def untrue(self, tools: Tools, folder: Path) -> list[str]:
        """Which entries of the list do not hold: their example does not differ, or for another reason."""
        asked = [one for one in self.left_out if one.always]
        examples = [one.example for one in asked]
        answers = zip(asked, self._answers(tools, folder, examples, ""), strict=True)
        return [
            one.reason
            for one, (there, here) in answers
            if not differences([there], [here], [one.example]) or not one.applies(one.example, there, here)
        ]
