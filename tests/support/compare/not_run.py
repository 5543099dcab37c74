"""Commands in the documents that the documents' test does not run, and why."""

from __future__ import annotations

#: Another test runs the command, or the same one with `--yes`.
ELSEWHERE = {
    "make demo": "tests/end_to_end/test_demo.py::test_the_demo_shows_the_failure_and_the_cure",
    "make build": "tests/end_to_end/test_wheel.py::test_wheel_carries_every_launcher",
    "uv tool install dist/uvlocal-*.whl": "tests/end_to_end/test_installers.py::test_uv_tool",
    "uv tool uninstall uvlocal": "tests/end_to_end/test_installers.py::test_uv_tool",
    "uvlocal install": "tests/end_to_end/test_install_shells.py::test_question",
    "uvlocal uninstall": "tests/end_to_end/test_install_shells.py::test_installed_used_and_gone",
    'VIRTUAL_ENV="$(uvlocal path)" uv run --active make': (
        "tests/stress/test_nested_calls.py::test_the_line_in_the_documentation"
    ),
}

#: No test runs the command.
NOT_RUN = {
    "make setup": "the tests run in what it makes",
    "make test": "it would run this very test",
    "make lint": "CI runs it beside the tests",
    "uv tool install .": "compiles every launcher anew; what it would build is tried as a wheel",
    "uv add --dev ipykernel": "fetches Jupyter",
    "uv run python -m ipykernel install --user --name foo --env VIRTUAL_ENV "
    '"$(uvlocal path)"': "needs what the line above fetches",
    'bwrap --ro-bind / / --dev /dev --bind "$PWD" "$PWD" --bind ~/.cache/uv ~/.cache/uv --bind '
    "~/.local/share/uvlocal ~/.local/share/uvlocal uv run hello": (
        "the folders differ in a test; `test_sandboxes.py` does the same with those it has"
    ),
}
