"""What a schema has besides tables, as models: views, functions, procedures, triggers and the like.

Each is declared with a MetaData, and found again by `objects_of`; nothing here reads a database.
"""

from .declared import Aggregate as Aggregate
from .declared import CompositeType as CompositeType
from .declared import Event as Event
from .declared import EventTrigger as EventTrigger
from .declared import Function as Function
from .declared import MaterializedView as MaterializedView
from .declared import Policy as Policy
from .declared import Procedure as Procedure
from .declared import RowSecurity as RowSecurity
from .declared import Rule as Rule
from .declared import SchemaObject as SchemaObject
from .declared import Trigger as Trigger
from .declared import View as View
from .declared import VirtualTable as VirtualTable
from .declared import objects_of as objects_of
from .definition import ObjectDefinition as ObjectDefinition
from .definition import ObjectId as ObjectId
from .entities import register_entities as register_entities
from .folder import objects_in as objects_in
from .foundations import Extension as Extension
from .foundations import Schema as Schema
from .partitions import Partition as Partition
from .privileges import DefaultPrivileges as DefaultPrivileges
from .privileges import Grant as Grant
