"""The slow tests, which only `make test-all` runs, and why: one row per directory, file or test.

All other tests are fast, and run with `make test`. A test may also have the mark `slow` itself, for
some of its cases. With several versions of uv, all but the newest are slow.
"""

from __future__ import annotations

import os

from support.tools import fetched, real_uv

#: The directory that the rows are relative to.
HERE = os.path.join(fetched.SOURCE, "tests")

#: The value of pytest's option `-m` in `make test`.
FAST = "not slow"

#: Tests that compile for every target, even if they check only some.
BUILDING = tuple(
    f"build/test_build.py::test_{name}"
    for name in (
        "a_wheel_carries_all_launchers",
        "an_editable_wheel_has_its_launcher_in_the_tree",
        "it_runs_elsewhere",
        "linux",
        "macos",
        "macos_signature",
        "no_path_of_the_build_machine",
        "reproducible",
        "size_and_marker",
        "windows",
        "windows_resources",
    )
)

_MANY = "many commands in a row"

#: `FOLDER`, `FILE` or `FILE::FUNCTION`, each with the reason.
SLOW = {
    "stress": "faults, kills, parallel calls, a soak",
    "end_to_end/test_code_tools.py": "real code tools",
    "end_to_end/test_commands_beside.py::test_tools_see_the_environment": "real code tools",
    "end_to_end/test_discovery_fuzz.py": "random cases",
    "end_to_end/test_in_place.py::test_redirect_again": _MANY,
    "end_to_end/test_install_shells.py": "real shells",
    "end_to_end/test_machine_settings.py::test_an_administrator_names_the_store": _MANY,
    "end_to_end/test_migrate.py::test_an_environment_of_another_tool": _MANY,
    "end_to_end/test_migrate.py::test_killed": "kills",
    "end_to_end/test_pointers.py::test_mise": "real version managers",
    "end_to_end/test_pointers.py::test_two_homes_at_once": "two machines",
    "end_to_end/test_pointers.py::test_two_homes_of_which_one_wants_no_pointer": "two machines",
    "end_to_end/test_pointers.py::test_two_homes_share_one_pointer": "two machines",
    "end_to_end/test_pointers.py::test_two_homes_with_different_stores": "two machines",
    "end_to_end/test_real_clients.py": "real sync clients",
    "end_to_end/test_real_mounts.py": "real mounts",
    "end_to_end/test_recall_mounts.py": "real mounts",
    "end_to_end/test_sandboxes.py::test_a_full_disk": "real mounts",
    "end_to_end/test_installers.py": "builds every launcher",
    "end_to_end/test_wheel.py": "builds every launcher",
    "manage/commands/test_help.py::test_examples_work": _MANY,
    "manage/commands/test_quick.py::test_the_answer_is_the_same_as_by_typer": _MANY,
    "manage/environments/test_adopt.py::test_killed_at_any_moment": "kills",
    "manage/environments/test_prune.py::test_killed_at_any_moment": "kills",
    "launcher/test_launcher_on_windows.py": "wine",
    "launcher/test_recall_fuzz.py": "random cases",
    "launcher/test_recall_on_windows.py": "wine",
    "launcher/test_tidy.py": "reads the launcher's source",
    "benchmarks/test_measuring.py": "measures",
    **dict.fromkeys(BUILDING, "builds every launcher"),
}


def is_slow(path: str, function: str, version: str = "") -> bool:
    """Return whether only `make test-all` runs a test.

    Args:
        path: the test's file.
        function: its name, without parameters in brackets.
        version: the version of uv that it runs with, if any.
    """
    name = os.path.relpath(path, HERE).replace(os.sep, "/")
    parts = name.split("/")
    above = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    if any(row in SLOW for row in (*above, f"{name}::{function}")):
        return True
    wanted = real_uv.selected()
    return bool(version) and version != real_uv.NEWEST and real_uv.NEWEST in wanted
