"""The page of a developer: what is pending, and a button that runs it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .pending import Pending

_STYLE = """\
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem; }
code { font-family: ui-monospace, monospace; }
pre { white-space: pre-wrap; border-left: 4px solid #cf222e; padding-left: 1rem; }
button { font: inherit; padding: .5rem 1.25rem; border: 0; border-radius: .4rem; background: #0969da; color: #fff; }
button:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
"""


def page(found: Sequence[Pending], token: str, action: str, back: str, error: str | None = None) -> str:
    """The page.

    :param found: the databases that lack something.
    :param token: what the form has to send. :param action: where it is sent. :param back: where to go afterwards.
    :param error: what an upgrade has just failed with.
    """
    count = sum(len(one.revisions) for one in found)
    title = f"{count} revision{' is' if count == 1 else 's are'} pending"
    failed = "" if error is None else f'<h2>The upgrade failed</h2>\n<pre role="alert">{escape(error)}</pre>\n'
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{_STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{failed}{"".join(map(_database, found))}<form method="post" action="{escape(action)}">
<input type="hidden" name="token" value="{escape(token)}">
<input type="hidden" name="next" value="{escape(back)}">
<button>Run {"it" if count == 1 else "them"}</button>
</form>
<p>Or, in a terminal: <code>limbeck upgrade heads</code>. This page is shown in development only.</p>
</main>
</body>
</html>
"""


def _database(one: Pending) -> str:
    items = "".join(f"<li><code>{escape(each.revision)}</code> {escape(each.doc)}</li>\n" for each in one.revisions)
    return f"<h2><code>{escape(one.database)}</code></h2>\n<ol>\n{items}</ol>\n"
