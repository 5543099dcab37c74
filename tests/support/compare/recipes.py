"""Configuration for other tools that the documentation recommends; the tests run it verbatim."""

from __future__ import annotations

#: In `~/.config/direnv/direnvrc`; a project's `.envrc` then says `layout uvlocal`.
DIRENV = """\
layout_uvlocal() {
    watch_file pyproject.toml
    VIRTUAL_ENV=$(uvlocal path) || return
    export VIRTUAL_ENV
    PATH_add "$VIRTUAL_ENV/bin"
}
"""

#: In a project's `mise.toml`.
MISE = """\
[env]
VIRTUAL_ENV = "{{ exec(command='uvlocal path') }}"
_.path = "{{ exec(command='uvlocal path') }}/bin"
"""

#: Once for each project, in the project.
JUPYTER = """\
uv add --dev ipykernel
uv run python -m ipykernel install --user --name foo --env VIRTUAL_ENV "$(uvlocal path)"
"""
