"""Results: what commands find and do, as frozen values.

`Migrator` returns them, and ``--json`` writes them. A result names the JSON Schema of its document (``docs/schemas``)
and the version of that schema: a new key leaves it as it is; one that is removed or changes its meaning raises it.

Each subject has a module, which is loaded when one of its classes is asked for: to make all of them takes longer than
most commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .care import Clash as Clash
    from .care import ClashingAction as ClashingAction
    from .care import DroppedResult as DroppedResult
    from .care import MergeResult as MergeResult
    from .care import PruneResult as PruneResult
    from .care import RebasedRevision as RebasedRevision
    from .care import RebaseResult as RebaseResult
    from .care import SquashResult as SquashResult
    from .differences import CheckResult as CheckResult
    from .differences import Difference as Difference
    from .environments import DoctorResult as DoctorResult
    from .environments import HistoryCheck as HistoryCheck
    from .environments import HistoryFinding as HistoryFinding
    from .environments import HistoryTestResult as HistoryTestResult
    from .environments import PassedOver as PassedOver
    from .environments import Template as Template
    from .environments import TemplatesResult as TemplatesResult
    from .errors import ErrorResult as ErrorResult
    from .errors import ExplanationResult as ExplanationResult
    from .fleets import CampaignState as CampaignState
    from .fleets import FleetCheck as FleetCheck
    from .fleets import FleetClass as FleetClass
    from .fleets import FleetPlan as FleetPlan
    from .fleets import FleetPlanGroup as FleetPlanGroup
    from .fleets import FleetResult as FleetResult
    from .fleets import FleetStage as FleetStage
    from .fleets import FleetStatus as FleetStatus
    from .fleets import FleetTarget as FleetTarget
    from .fleets import StageState as StageState
    from .fleets import TargetState as TargetState
    from .graphs import GraphDatabase as GraphDatabase
    from .graphs import GraphLine as GraphLine
    from .graphs import GraphResult as GraphResult
    from .graphs import GraphRow as GraphRow
    from .logs import DatabaseLog as DatabaseLog
    from .logs import HistoryRow as HistoryRow
    from .logs import LoggedRun as LoggedRun
    from .logs import LogResult as LogResult
    from .plans import Fingerprint as Fingerprint
    from .plans import Loss as Loss
    from .plans import PlanFileResult as PlanFileResult
    from .plans import PlannedAction as PlannedAction
    from .plans import PlannedLock as PlannedLock
    from .plans import PlannedRun as PlannedRun
    from .plans import PlannedStep as PlannedStep
    from .plans import PlannedTable as PlannedTable
    from .plans import PlannedUnknown as PlannedUnknown
    from .plans import PlanResult as PlanResult
    from .plans import RepeatableObject as RepeatableObject
    from .plans import SavedScript as SavedScript
    from .plans import SavedTable as SavedTable
    from .plans import SentStatement as SentStatement
    from .positions import Current as Current
    from .positions import CurrentResult as CurrentResult
    from .reports import ActionSql as ActionSql
    from .reports import RehearsedHistory as RehearsedHistory
    from .reports import RehearsedRevision as RehearsedRevision
    from .reports import ReportResult as ReportResult
    from .reports import RevisionSource as RevisionSource
    from .reports import SqlElsewhere as SqlElsewhere
    from .reports import TableChange as TableChange
    from .result import Json as Json
    from .result import Kind as Kind
    from .result import Result as Result
    from .reviews import FixedFile as FixedFile
    from .reviews import Fixes as Fixes
    from .reviews import LintFinding as LintFinding
    from .reviews import LintResult as LintResult
    from .reviews import NotFixed as NotFixed
    from .reviews import ObservedLock as ObservedLock
    from .reviews import ObservedStatement as ObservedStatement
    from .revisions import BranchesResult as BranchesResult
    from .revisions import BranchPoint as BranchPoint
    from .revisions import RevisionEntry as RevisionEntry
    from .revisions import RevisionsResult as RevisionsResult
    from .revisions import ScriptsResult as ScriptsResult
    from .revisions import WrittenResult as WrittenResult
    from .runs import RunResult as RunResult
    from .runs import RunsResult as RunsResult
    from .runs import StepResult as StepResult
    from .schemas import CheckDescription as CheckDescription
    from .schemas import ColumnDescription as ColumnDescription
    from .schemas import EnumDescription as EnumDescription
    from .schemas import ForeignKeyDescription as ForeignKeyDescription
    from .schemas import IndexDescription as IndexDescription
    from .schemas import IndexKeyDescription as IndexKeyDescription
    from .schemas import ObjectDescription as ObjectDescription
    from .schemas import SchemaDescription as SchemaDescription
    from .schemas import SchemasResult as SchemasResult
    from .schemas import TableDescription as TableDescription
    from .schemas import UniqueDescription as UniqueDescription
    from .states import DatabaseStatus as DatabaseStatus
    from .states import EditedRevision as EditedRevision
    from .states import HalfDone as HalfDone
    from .states import HalfDoneStatement as HalfDoneStatement
    from .states import HeadDistance as HeadDistance
    from .states import NamedRevision as NamedRevision
    from .states import RecordedRun as RecordedRun
    from .states import SkippedRevision as SkippedRevision
    from .states import StatusResult as StatusResult
    from .states import UnknownRow as UnknownRow
    from .states import Unread as Unread
    from .states import UnusedIndex as UnusedIndex
    from .traces import Blamed as Blamed
    from .traces import BlameResult as BlameResult
    from .traces import Commit as Commit
    from .traces import DatabaseDiff as DatabaseDiff
    from .traces import DiffOperation as DiffOperation
    from .traces import DiffResult as DiffResult

_SUBJECTS = {
    "care": ("Clash ClashingAction DroppedResult MergeResult PruneResult RebasedRevision RebaseResult SquashResult"),
    "differences": "CheckResult Difference",
    "environments": ("DoctorResult HistoryCheck HistoryFinding HistoryTestResult PassedOver Template TemplatesResult"),
    "errors": "ErrorResult ExplanationResult",
    "fleets": (
        "CampaignState FleetCheck FleetClass FleetPlan FleetPlanGroup FleetResult FleetStage FleetStatus "
        "FleetTarget StageState TargetState"
    ),
    "graphs": "GraphDatabase GraphLine GraphResult GraphRow",
    "logs": "DatabaseLog HistoryRow LoggedRun LogResult",
    "plans": (
        "Fingerprint Loss PlanFileResult PlannedAction PlannedLock PlannedRun PlannedStep PlannedTable "
        "PlannedUnknown PlanResult RepeatableObject SavedScript SavedTable SentStatement"
    ),
    "positions": "Current CurrentResult",
    "reports": "ActionSql RehearsedHistory RehearsedRevision ReportResult RevisionSource SqlElsewhere TableChange",
    "result": "Json Kind Result",
    "reviews": "FixedFile Fixes LintFinding LintResult NotFixed ObservedLock ObservedStatement",
    "revisions": "BranchesResult BranchPoint RevisionEntry RevisionsResult ScriptsResult WrittenResult",
    "runs": "RunResult RunsResult StepResult",
    "schemas": (
        "CheckDescription ColumnDescription EnumDescription ForeignKeyDescription IndexDescription "
        "IndexKeyDescription ObjectDescription SchemaDescription SchemasResult TableDescription UniqueDescription"
    ),
    "states": (
        "DatabaseStatus EditedRevision HalfDone HalfDoneStatement HeadDistance NamedRevision RecordedRun "
        "SkippedRevision StatusResult UnknownRow Unread UnusedIndex"
    ),
    "traces": "Blamed BlameResult Commit DatabaseDiff DiffOperation DiffResult",
}
_HOMES = {name: subject for subject, names in _SUBJECTS.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
