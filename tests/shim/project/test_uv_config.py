"""Finding out whether the user turned on uv's own central environments."""

from __future__ import annotations

import pytest
from support.hosts.fakes import FakeSystem, Special

from uvlocal.shim import contract
from uvlocal.shim.project.discovery import Project
from uvlocal.shim.project.uv_config import FEATURE, centralized_by
from uvlocal.shim.request.parse import Request

ON = f'preview-features = ["{FEATURE}"]\n'.encode()
OFF = b'preview-features = ["pylock"]\n'
USER = "/home/me/.config/uv/uv.toml"


def ask(
    files: dict[str, object] | None = None,
    *,
    line: str = "",
    project: object = None,
    config_file: str = "",
    no_config: bool = False,
    environ: dict[str, str] | None = None,
) -> str:
    """Return where central environments were turned on, for a project in `/p`."""
    request = Request("sync", "project", directory="/p")
    request.preview, request.config_file, request.no_config = line, config_file, no_config
    system = FakeSystem({"/p/pyproject.toml": b"", **(files or {})}, environ=environ)
    return centralized_by(request, Project(root="/p", found="/p", preview=project), system)


@pytest.mark.parametrize(
    ("line", "environ", "project", "where"),
    [
        pytest.param("", {}, None, "", id="nothing"),
        pytest.param("on", {}, None, "by the command line", id="--preview"),
        pytest.param(FEATURE, {}, None, "by the command line", id="--preview-features"),
        pytest.param(f"pylock, {FEATURE}", {}, None, "by the command line", id="list"),
        pytest.param("", {"UV_PREVIEW": "1"}, None, "`UV_PREVIEW`", id="variable"),
        pytest.param("", {"UV_PREVIEW": "0"}, True, "", id="variable-off-above-project"),
        pytest.param(
            "", {"UV_PREVIEW_FEATURES": FEATURE}, None, "`UV_PREVIEW_FEATURES`", id="features"
        ),
        pytest.param("", {"UV_PREVIEW_FEATURES": "pylock"}, [FEATURE], "", id="other-features"),
        pytest.param("off", {"UV_PREVIEW": "1"}, True, "", id="--no-preview-above-all"),
        pytest.param("pylock", {"UV_PREVIEW_FEATURES": FEATURE}, None, "", id="line-replaces"),
        pytest.param("", {}, [FEATURE], "`[tool.uv]`", id="project-features"),
        pytest.param("", {}, True, "`[tool.uv]`", id="project-preview"),
        pytest.param("", {}, ["pylock"], "", id="project-other"),
        pytest.param("", {}, False, "", id="project-off"),
    ],
)
def test_precedence(line: str, environ: dict[str, str], project: object, where: str) -> None:
    """Precedence: command line, variables, project."""
    assert ask(line=line, project=project, environ=environ) == where


@pytest.mark.parametrize(
    ("files", "arguments", "where"),
    [
        pytest.param({USER: ON}, {}, f"`{USER}`", id="user"),
        pytest.param({"/etc/uv/uv.toml": ON}, {}, "`/etc/uv/uv.toml`", id="system"),
        pytest.param({USER: OFF, "/etc/uv/uv.toml": ON}, {}, "", id="user-above-system"),
        pytest.param({USER: b"preview = true\n"}, {}, f"`{USER}`", id="all-features"),
        pytest.param({"/p/uv.toml": ON}, {}, "`/p/uv.toml`", id="beside-pyproject"),
        pytest.param({"/p/uv.toml": b""}, {"project": [FEATURE]}, "", id="uv-toml-hides-tool-uv"),
        pytest.param({USER: ON}, {"project": ["pylock"]}, "", id="project-above-user"),
        pytest.param({USER: ON}, {"no_config": True}, "", id="no-config"),
        pytest.param({"/p/c.toml": ON}, {"config_file": "c.toml"}, "`/p/c.toml`", id="config-file"),
        pytest.param({USER: ON}, {"config_file": "none.toml"}, "", id="config-file-replaces"),
        pytest.param({USER: b"preview = "}, {}, "", id="broken-toml-is-uvs-to-report"),
        pytest.param({USER: b"preview\xff"}, {}, "", id="not-utf8"),
        pytest.param({USER: Special()}, {}, "", id="fifo"),
    ],
)
def test_configuration(files: dict[str, object], arguments: dict[str, object], where: str) -> None:
    """uv's configuration files have the same precedence as in uv."""
    assert ask(files, **arguments) == where  # type: ignore[arg-type] # a table of keywords


@pytest.mark.parametrize(
    ("files", "folders", "where"),
    [
        pytest.param({"/etc/xdg/uv/uv.toml": ON}, None, "/etc/xdg", id="default"),
        pytest.param({"/etc/xdg/uv/uv.toml": ON}, "", "/etc/xdg", id="empty"),
        pytest.param({"/b/uv/uv.toml": ON}, "/a:/b", "/b", id="named"),
        pytest.param({"/etc/xdg/uv/uv.toml": ON}, "/a", "", id="default-is-replaced"),
        pytest.param({"/a/uv/uv.toml": OFF, "/b/uv/uv.toml": ON}, "/a:/b", "", id="first-counts"),
        pytest.param({"/a/uv/uv.toml": OFF, "/etc/uv/uv.toml": ON}, "/a", "", id="before-etc"),
        pytest.param({"/etc/uv/uv.toml": ON}, "/a", "/etc", id="fallback"),
        pytest.param({"/b/uv/uv.toml": ON}, ":/b", "", id="ends-at-an-empty-one"),
    ],
)
def test_the_machines_file(files: dict[str, object], folders: str | None, where: str) -> None:
    """The system's file is the first in `XDG_CONFIG_DIRS`, else the one in `/etc`."""
    environ = {} if folders is None else {"XDG_CONFIG_DIRS": folders}
    found = ask(files, environ=environ)
    assert found == (f"`{where}/uv/uv.toml`" if where else "")
    assert "XDG_CONFIG_DIRS" in contract.VARIABLES


def test_configuration_on_windows() -> None:
    """On Windows the user's file is in %APPDATA%, the system's in ProgramData."""
    path = r"C:\Users\me\AppData\Roaming\uv\uv.toml"
    request = Request("sync", "project", directory=r"C:\p")
    system = FakeSystem(
        {path: ON}, platform="win32", environ={"APPDATA": r"C:\Users\me\AppData\Roaming"}
    )
    project = Project(root=r"C:\p", found=r"C:\p")
    assert centralized_by(request, project, system) == f"`{path}`"
