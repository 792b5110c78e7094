"""Who starts a run: the account, the machine, and the application or the job of a build server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "LIMBECK_APPLICATION"
"""The environment variable that names the application."""

_JOBS = (
    ("GITHUB_ACTIONS", "GitHub", ("GITHUB_REPOSITORY", "GITHUB_WORKFLOW", "GITHUB_RUN_ID")),
    ("GITLAB_CI", "GitLab", ("CI_PROJECT_PATH", "CI_JOB_NAME", "CI_JOB_ID")),
    ("JENKINS_URL", "Jenkins", ("JOB_NAME", "BUILD_NUMBER")),
    ("CIRCLECI", "CircleCI", ("CIRCLE_PROJECT_REPONAME", "CIRCLE_JOB", "CIRCLE_BUILD_NUM")),
    ("TF_BUILD", "Azure Pipelines", ("SYSTEM_TEAMPROJECT", "BUILD_DEFINITIONNAME", "BUILD_BUILDID")),
    ("BITBUCKET_BUILD_NUMBER", "Bitbucket", ("BITBUCKET_REPO_FULL_NAME", "BITBUCKET_BUILD_NUMBER")),
    ("BUILDKITE", "Buildkite", ("BUILDKITE_PIPELINE_SLUG", "BUILDKITE_BUILD_NUMBER")),
    ("TEAMCITY_VERSION", "TeamCity", ("TEAMCITY_PROJECT_NAME", "BUILD_NUMBER")),
)
"""Build servers: the variable by which each is known, its name, and the variables that name the job."""


class Initiator(NamedTuple):
    """Who starts a run.

    :param user: name of the operating system's account.
    :param host: name of the machine.
    :param application: what `VARIABLE` says, or the job of a build server; None where neither is known.
    """

    user: str
    host: str
    application: str | None


def of_this_process() -> Initiator:
    """Who runs this process."""
    import platform

    return Initiator(_user(), platform.node(), application(os.environ))


def application(environ: Mapping[str, str]) -> str | None:
    """The application or job that environment variables name."""
    if environ.get(VARIABLE):
        return environ[VARIABLE]
    for mark, name, variables in _JOBS:
        if environ.get(mark):
            return " ".join([name, *(environ[one] for one in variables if environ.get(one))])
    return None


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # an account without a name, as in many containers
        return str(os.getuid()) if os.name == "posix" else ""
