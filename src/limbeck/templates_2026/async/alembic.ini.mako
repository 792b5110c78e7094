[alembic]
# env.py, script.py.mako and the revisions are here; %(here)s is the folder of this file.
script_location = ${script_location}

# What the tool does by default; without this line it behaves as Alembic does.
edition = 2026

# Put in front of sys.path, so that env.py finds your models.
prepend_sys_path = .

# What separates the entries of lists of paths: os, space, newline, : or ;
path_separator = os

# Names of new revision files; also year, month, day, hour, minute, second and epoch.
# file_template = %%(rev)s_%%(slug)s

# Zone of their dates, as UTC or Europe/Vienna; the default is local time.
# timezone = UTC

# Folders of the revision files; the default is versions below script_location.
# version_locations = %(here)s/one:%(here)s/two

# Keep versions/HEADS, in which two branches of git that both add a revision conflict.
# heads_file = true

# A folder with views, functions, triggers and the like, one a .sql file, compared with the models.
# objects = sql/

# A folder with those for which no revision is written: each upgrade replaces what changed.
# repeatable_objects = sql/repeatable/

# Texts of these with more lines than this are kept in files beside the revisions.
# longest_body = 20

# The database; a % that means itself may stand as it is, LIMBECK_URL in the environment goes first.
sqlalchemy.url = driver://user:pass@localhost/dbname

# Programs that tidy up each new revision file.
# [post_write_hooks]
# hooks = ruff
# ruff.type = module
# ruff.module = ruff
# ruff.options = check --fix REVISION_SCRIPT_FILENAME

# What is logged, and where; env.py applies it to the loggers named here and to no others.
[loggers]
keys = root,sqlalchemy,alembic

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console
qualname =

[logger_sqlalchemy]
level = WARNING
handlers =
qualname = sqlalchemy.engine

[logger_alembic]
level = INFO
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
datefmt = %H:%M:%S
