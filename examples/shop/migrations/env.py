from limbeck import context
from shop.models import Base

config = context.config
context.log_as_configured()

target_metadata = Base.metadata

# Connects to sqlalchemy.url, or writes SQL with --sql; takes whatever context.configure() takes.
context.run(target_metadata=target_metadata)
