"""Not Alembic: this name resolves to Limbeck, by the one table in ``limbeck.alembic_places``."""

import sys

from limbeck.alembic_names import adopt

adopt(sys.modules[__name__])
