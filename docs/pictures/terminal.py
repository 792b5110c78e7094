"""A moving picture of a terminal: commands run for real in a folder made for them, as an SVG that plays by CSS alone.

``make picture`` writes ``terminal.svg`` beside this file. A viewer that asks for less motion gets the last screen.
"""

from __future__ import annotations

import os
import pty
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from fcntl import ioctl
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.segment import Segment
from rich.terminal_theme import MONOKAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PICTURE = Path(__file__).with_suffix(".svg")
COLUMNS, ROWS = 92, 24
CHARACTER, LINE, MARGIN, BAR = 8.4, 18, 16, 28
"""In pixels: width of a character, height of a line, the edge, the bar above."""

TYPED, READ, END = 0.045, 1.8, 4.0
"""In seconds: for a character that is typed, to read what a command has printed, and before it begins again."""

MODELS = """\
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200))
"""
CHANGED = f"""\
{MODELS}    phone: Mapped[str] = mapped_column(String(30), server_default="")


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
"""
COMMANDS = (
    'limbeck revision --autogenerate -m "orders, and phones"',
    "limbeck lint",
    "limbeck plan",
    "limbeck upgrade head",
    "limbeck history",
)


@dataclass(frozen=True)
class Shown:
    """A line of the screen.

    :param segments: its texts with their styles.
    :param at: when it comes, in seconds.
    :param typed: how long it is typed; 0 where it is printed.
    """

    segments: Sequence[Segment]
    at: float
    typed: float = 0.0


def in_terminal(command: str, folder: Path) -> str:
    """What a command writes to a terminal, escape sequences included."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALEMBIC_", "LIMBECK_"))}
    variables = {
        **kept,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TERM": "xterm-256color",
        "COLUMNS": str(COLUMNS),
        "LIMBECK_URL": "sqlite:///shop.db",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    variables.pop("NO_COLOR", None)
    here, there = pty.openpty()
    ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env=variables,
        stdin=there,
        stdout=there,
        stderr=there,
        start_new_session=True,
    )
    os.close(there)
    read = b""
    while True:
        try:
            more = os.read(here, 65536)
        except OSError:  # Linux says so where the other end is closed
            break
        if not more:
            break
        read += more
    os.close(here)
    if process.wait():
        raise SystemExit(f"{command}\n{read.decode()}")
    return read.decode().replace("\r\n", "\n").rstrip("\n")


def runs() -> Iterator[tuple[str, str]]:
    """Each command, and what it has written."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "shop.py").write_text(MODELS, encoding="utf-8")
        for command in (
            "git init --quiet . && git config user.name Ada && git config user.email ada@example.com",
            "limbeck --quiet init migrations",
            "limbeck --quiet revision --autogenerate -m customers",
            "git add . && git commit --quiet -m customers",
            "limbeck --quiet upgrade head",
        ):
            in_terminal(command, folder)
        (folder / "shop.py").write_text(CHANGED, encoding="utf-8")
        for command in COMMANDS:
            yield command, in_terminal(command, folder).replace(f"{folder.resolve()}/", "").replace(f"{folder}/", "")


def lines(found: Iterable[tuple[str, str]]) -> Iterator[Shown]:
    """The lines of the picture, one after the other."""
    decoder, console = AnsiDecoder(), Console(width=COLUMNS, color_system="256", force_terminal=True)
    now = 0.5
    for command, written in found:
        typed = TYPED * len(command)
        yield Shown(
            [Segment("$ ", console.get_style("bold green")), Segment(command, console.get_style("bold"))], now, typed
        )
        now += typed + 0.4
        for text in decoder.decode(written):
            for row in console.render_lines(text, pad=False):
                yield Shown(row, now)
                now += 0.04
        now += READ


def svg(shown: Sequence[Shown]) -> str:
    """The picture: each line appears at its time, and all move up where the screen is full."""
    whole = shown[-1].at + END
    width, height = round(COLUMNS * CHARACTER + 2 * MARGIN), ROWS * LINE + 2 * MARGIN + BAR
    foreground, background = MONOKAI.foreground_color.hex, MONOKAI.background_color.hex
    styles, texts, moves = [], [], []
    for number, line in enumerate(shown):
        start = 100 * line.at / whole
        end = 100 * (line.at + line.typed) / whole
        styles.append(_appearing(number, line, start, end, whole))
        spans = "".join(_span(segment) for segment in line.segments if segment.text)
        texts.append(f'<text class="l l{number}" x="0" y="{number * LINE + 13}">{spans}</text>')
        if number >= ROWS:
            moves.append(f"{start:.3f}%{{transform:translateY({(ROWS - 1 - number) * LINE}px)}}")
    last = min(0, (ROWS - len(shown)) * LINE)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<title>Limbeck at a terminal</title>
<desc>{escape(". ".join(COMMANDS), quote=False)}</desc>
<style>
text{{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:{foreground};white-space:pre}}
.s{{transform:translateY({last}px)}}
@media (prefers-reduced-motion:no-preference){{
.s{{animation:s {whole:.2f}s step-end infinite}}
@keyframes s{{0%{{transform:translateY(0)}}{"".join(moves)}}}
{chr(10).join(styles)}
}}
</style>
<rect width="{width}" height="{height}" rx="8" fill="{background}"/>
<circle cx="18" cy="16" r="5" fill="#ff5f57"/><circle cx="36" cy="16" r="5" fill="#febc2e"/><circle cx="54" cy="16" r="5" fill="#28c840"/>
<svg x="{MARGIN}" y="{BAR + MARGIN // 2}" width="{width - 2 * MARGIN}" height="{ROWS * LINE + MARGIN // 2}"><g class="s">
{chr(10).join(texts)}
</g></svg>
</svg>
"""


def _appearing(number: int, line: Shown, start: float, end: float, whole: float) -> str:
    """The rule by which a line is hidden until its time; one that is typed comes from left to right."""
    if not line.typed:
        return f".l{number}{{animation:l{number} {whole:.2f}s step-end infinite}}@keyframes l{number}{{0%{{opacity:0}}{start:.3f}%{{opacity:1}}}}"
    characters = sum(len(segment.text) for segment in line.segments)
    hidden, seen = "clip-path:inset(0 100% 0 0)", "clip-path:inset(0 0 0 0)"
    return (
        f".l{number}{{animation:l{number} {whole:.2f}s linear infinite}}@keyframes l{number}{{0%{{{hidden}}}"
        f"{start:.3f}%{{{hidden};animation-timing-function:steps({characters})}}{end:.3f}%{{{seen}}}100%{{{seen}}}}}"
    )


def _span(segment: Segment) -> str:
    """A text in its style."""
    style, text = segment.style, escape(segment.text, quote=False)
    if style is None:
        return text
    attributes = ""
    if style.color is not None and not style.color.is_default:
        attributes += f' fill="{style.color.get_truecolor(MONOKAI).hex}"'
    if style.bold:
        attributes += ' font-weight="bold"'
    if style.dim:
        attributes += ' opacity=".65"'
    return f"<tspan{attributes}>{text}</tspan>" if attributes else text


if __name__ == "__main__":
    PICTURE.write_text(svg(list(lines(runs()))), encoding="utf-8")
