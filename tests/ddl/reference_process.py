# ruff: noqa: E501 calls and their SQL stand on one line each
"""Runs inside the reference's interpreter: one line of JSON in (dialect, call, options), one line out (sql or error, warnings).

Only the documented API is used: ``MigrationContext.configure(dialect_name=..., opts=...)`` and ``Operations``.
"""

import io
import json
import sys
import warnings

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite


def run(request):
    buffer = io.StringIO()
    opts = {"as_sql": True, "output_buffer": buffer, **request.get("opts", {})}
    if "naming_convention" in request:
        opts["target_metadata"] = sa.MetaData(naming_convention=request["naming_convention"])
    names = {
        "sa": sa,
        "mysql": mysql,
        "postgresql": postgresql,
        "mssql": mssql,
        "oracle": oracle,
        "sqlite": sqlite,
    }
    answer = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            context = MigrationContext.configure(dialect_name=request["dialect"], opts=opts)
            names["op"] = Operations(context)
            exec(request["call"], names)  # noqa: S102 the test's own text
        except Exception as error:  # noqa: BLE001 whatever the reference raises is its answer
            answer["error"] = f"{type(error).__name__}: {error}"
    answer["sql"] = buffer.getvalue()
    answer["warnings"] = [str(one.message) for one in caught if "Deprecat" not in one.category.__name__]
    return answer


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
