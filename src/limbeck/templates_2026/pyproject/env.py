from limbeck import context

config = context.config
context.log_as_configured()

# The MetaData of your models, so that `revision --autogenerate` can compare:
# from myapp.models import Base
# target_metadata = Base.metadata
target_metadata = None

# Connects to sqlalchemy.url, or writes SQL with --sql; takes whatever context.configure() takes.
context.run(target_metadata=target_metadata)
