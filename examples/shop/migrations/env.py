"""What Limbeck runs to reach the database: where the models are; `context.run` does the rest."""

from limbeck import context
from shop.models import Base

config = context.config

context.log_as_configured()

target_metadata = Base.metadata

context.run(target_metadata=target_metadata)
