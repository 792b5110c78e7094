"""How Sphinx builds this documentation: ``make docs`` into ``docs/_build``, without a warning and without a network."""

from __future__ import annotations

import logging
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from from_the_code import for_models, written_out  # noqa: E402 found by the path above

from limbeck.version import __version__  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def reachable(sites: dict[str, str]) -> dict[str, tuple[str, None]]:
    """Those of ``sites`` whose inventory can be had; without a network, or with ``LIMBECK_DOCS_OFFLINE``, none."""
    found: dict[str, tuple[str, None]] = {}
    for name, address in {} if "LIMBECK_DOCS_OFFLINE" in os.environ else sites.items():
        try:
            urlopen(f"{address}objects.inv", timeout=3).close()  # noqa: S310 the addresses stand below
        except (URLError, TimeoutError, OSError):
            continue
        found[name] = (address, None)
    return found


logging.getLogger("alembic").setLevel(logging.WARNING)  # operations are written as SQL meanwhile

project = "Limbeck"
copyright = "the Limbeck engineers"  # Sphinx's name for it
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.intersphinx", "sphinx.ext.doctest"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}
nitpicky = True

myst_heading_anchors = 4
myst_enable_extensions = ["attrs_block", "deflist"]
suppress_warnings = ["myst.header", "misc.highlighting_failure"]

intersphinx_mapping = reachable(
    {"python": "https://docs.python.org/3/", "sqlalchemy": "https://docs.sqlalchemy.org/en/21/"}
)

# without its inventory the names of another project lead nowhere
nitpick_ignore_regex = [("py:.*", r"sqlalchemy\..*")] if "sqlalchemy" not in intersphinx_mapping else []

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "none"
default_role = "literal"

html_theme = "furo"
html_title = f"Limbeck {release}"
html_show_sourcelink = False
highlight_language = "none"


LINK = re.compile(r"\[(?P<words>[^\]]*)\]\((?P<path>\.\.?/[^)#\s]*)(?:#[^)\s]*)?\)")


def without_links_outside(page: str, text: str) -> str:
    """The text of a page with the words of links to files that are not documentation: these lie in the repository."""
    folder = (HERE / page).parent

    def kept(found: re.Match[str]) -> str:
        inside = (folder / found["path"]).resolve().is_relative_to(HERE)
        return found[0] if inside else found["words"]

    return LINK.sub(kept, text)


def read(_: Sphinx, page: str, source: list[str]) -> None:
    """Have a page get what is made of the code, and lose the links that lead out of the documentation."""
    source[0] = written_out(without_links_outside(page, source[0]))


def built(app: Sphinx, exception: Exception | None) -> None:
    """Write ``llms.txt``, the list of pages for language models, beside the web pages."""
    if exception is None:
        titles = {page: title.astext() for page, title in app.env.titles.items()}
        text = for_models.index(titles)
        (Path(app.outdir) / "llms.txt").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register it."""
    app.connect("source-read", read)
    app.connect("build-finished", built)
