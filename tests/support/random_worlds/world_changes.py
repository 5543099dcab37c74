"""The random changes of a machine: one function each, with its own random choices."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

from support.hosts import launchers
from support.random_worlds.world_contents import (
    FOLDERS,
    PROJECT,
    PYPROJECTS,
    READ,
    USER_SETTINGS,
    UV_SETTINGS,
    VARIABLES,
    dropbox_says,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.random_worlds.changing_worlds import ChangingWorld


def change_input(world: ChangingWorld) -> None:
    """Change an input of a recorded decision."""
    path = world.pick(*world.inputs())
    what = world.pick("remove", "file", "folder", "link", "mode", "copy")
    if what == "mode":
        os.chmod(path, world.random.choice((0o700, 0o755, 0o777, 0o644)))
    elif what == "copy":
        shutil.copytree(path, path + ".new") if os.path.isdir(path) else shutil.copy2(
            path, path + ".new"
        )
        world.remove(path)
        os.rename(path + ".new", path)
    elif what == "link" and os.path.lexists(path):
        shutil.rmtree(world.path("aside"), ignore_errors=True)
        os.rename(path, world.path("aside"))
        os.symlink(world.path("aside"), path)
    else:
        world.remove(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if what == "file":
        world.write(path, world.pick("", PROJECT, "# /// script\n# ///\n"))
    elif what == "folder":
        os.mkdir(path)
    elif what == "link" and not os.path.lexists(path):
        os.symlink(world.path(world.pick("nowhere", "home/src", "home/src/q/pyproject.toml")), path)


def _pyproject(world: ChangingWorld) -> None:
    folder = world.pick(*FOLDERS, "home/Dropbox", "home/Dropbox/ws", ".")
    text = world.pick(*PYPROJECTS)
    world.write(f"{folder}/pyproject.toml", text.replace("{}", os.path.basename(folder)))


def _pyproject_goes(world: ChangingWorld) -> None:
    folder = world.pick(*FOLDERS, "home/Dropbox", "home/Dropbox/ws", ".")
    world.remove(world.path(f"{folder}/pyproject.toml"))


def _same_size_and_time(world: ChangingWorld) -> None:
    """Replace a file by one with other content, but equal size and time."""
    path = world.path(world.pick(*READ))
    status = os.stat(path)
    with open(path, "rb") as file:
        data = file.read()
    changed = data.replace(b"never", b"axxys").replace(b"Dropbox", b"Dripbox")
    changed = changed if changed != data else bytes(reversed(data))
    draft = path + ".draft" if world.random.random() < 0.5 else path
    with open(draft, "wb" if draft != path else "r+b") as file:
        file.write(changed)
    os.utime(draft, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(draft, path)


def _touch_back(world: ChangingWorld) -> None:
    path = world.path(world.pick(*READ, *FOLDERS, "home/.config", "bin2/uv"))
    then = time.time_ns() - world.random.randrange(10**18)
    os.utime(path, ns=(then, then))


def _user_settings(world: ChangingWorld) -> None:
    world.write("home/.config/uvlocal/uvlocal.toml", world.pick(*USER_SETTINGS))


def _no_user_settings(world: ChangingWorld) -> None:
    world.remove(world.path(world.pick("home/.config/uvlocal", "home/.config")))


def _uv_settings(world: ChangingWorld) -> None:
    place = world.pick("home/Dropbox/p/uv.toml", "home/.config/uv/uv.toml", "home/src/q/uv.toml")
    if world.random.random() < 0.3:
        world.remove(world.path(place))
    else:
        world.write(place, world.pick(*UV_SETTINGS))


def _dropbox(world: ChangingWorld) -> None:
    folder = world.pick("home/Dropbox", "home/src", "home/Dropbox/ws", "home/nowhere", "")
    world.write("home/.dropbox/info.json", dropbox_says(world.path(folder)) if folder else "{")


def _dropbox_goes(world: ChangingWorld) -> None:
    world.remove(world.path(world.pick("home/.dropbox", "home/.dropbox/info.json")))


def _other_client(world: ChangingWorld) -> None:
    """Configure or remove another client, some of which are directories of files."""
    target = world.path(world.pick("home/src", "home/Dropbox/plain", "home"))
    syncthing = f'<configuration><folder path="{target}"/></configuration>'
    text = {
        "home/.config/syncthing/config.xml": syncthing,
        "home/syncthing/config.xml": syncthing,
        "home/.config2/syncthing/config.xml": syncthing,
        "home/.unison/a.prf": f"root = {target}\n",
        "home/.unison/b.prf": f"root = {target}\n",
        "home/.config/maestral/maestral.ini": f"[sync]\npath = {target}\n",
        "home/.config/onedrive/config": f'sync_dir = "{target}"\n',
        "home/.config/onedrive/refresh_token": "",
        "home/.config/systemd/user/onedrive.service": "ExecStart=x --confdir=%h/.config/onedrive-2",
        "home/.config/onedrive-2/config": f'sync_dir = "{target}"\n',
    }
    name = world.pick(*text)
    if world.random.random() < 0.3:
        world.remove(world.path(name))
    else:
        world.write(name, text[name])


def _marker(world: ChangingWorld) -> None:
    folder = world.pick("home", "home/src", "home/Dropbox", "home/Dropbox/p", "home/.local/share")
    name = world.pick(".stfolder/x", ".dropbox.cache/x", ".megaignore", ".sync/ID", ".stignore")
    path = f"{folder}/{name}"
    if os.path.lexists(world.path(path)):
        world.remove(world.path(path if "/" not in name else os.path.dirname(path)))
    else:
        world.write(path, "")


def _inside(world: ChangingWorld) -> None:
    """Put something at `.venv`."""
    path = world.path(world.pick("home/Dropbox/p/.venv", "home/src/q/.venv"))
    world.remove(path)
    what = world.pick("nothing", "folder", "local", "dangling", "pointer", "file")
    if what == "folder":
        world.write(os.path.join(path, "pyvenv.cfg"), "")
    elif what == "local":
        os.makedirs(world.path("home/.envs/e"), exist_ok=True)
        os.symlink(world.path("home/.envs/e"), path)
    elif what == "dangling":
        os.symlink(world.path("nowhere/at/all"), path)
    elif what == "pointer":
        os.symlink(world.path("home/.local/share/uvlocal/envs/p-0123456789"), path)
    elif what == "file":
        world.write(path, world.path("home/.envs/e") + "\n")


def _environments(world: ChangingWorld) -> None:
    """Create or remove the environments that the store should contain, like uv."""
    store = world.path("home/.local/share/uvlocal")
    names = os.listdir(os.path.join(store, "records"))
    for name in names:
        folder = os.path.join(store, "envs", name.removesuffix(".toml"))
        if world.random.random() < 0.5:
            world.write(os.path.join(folder, "pyvenv.cfg"), "")
        else:
            world.remove(folder)


def _records(world: ChangingWorld) -> None:
    """Remove records, or make them name another project."""
    folder = world.path("home/.local/share/uvlocal/records")
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if world.random.random() < 0.5:
            os.unlink(path)
        else:
            world.write(path, 'key = "/another/root"\n')


def _store(world: ChangingWorld) -> None:
    store = world.path("home/.local/share/uvlocal")
    what = world.pick("remove", "link", "file", "open to all", "private")
    if what in ("remove", "link", "file"):
        world.remove(store)
    if what == "link":
        os.makedirs(world.path("home/.moved"), exist_ok=True)
        os.symlink(world.path("home/.moved"), store)
    elif what == "file":
        world.write("home/.local/share/uvlocal", "")
    elif what == "open to all":
        os.chmod(store, 0o777)  # noqa: S103 - the mode that is wrong
    elif what == "private":
        os.chmod(store, 0o700)


def _real_uv(world: ChangingWorld) -> None:
    what = world.pick("first", "not first", "replace", "not executable", "executable", "script")
    first, second = world.path("bin1/uv"), world.path("bin2/uv")
    if what == "first":
        shutil.copy(launchers.recorder(), first)
    elif what == "not first":
        world.remove(first)
    elif what == "replace":
        shutil.copy(launchers.recorder(), second + ".new")
        os.replace(second + ".new", second)
    elif what == "script":
        world.write("bin1/uv", "#!/bin/sh\n# uvlocal-launcher-marker:1\n")
        os.chmod(first, 0o755)  # noqa: S103 - a program
    else:
        os.chmod(second, 0o755 if what == "executable" else 0o644)


def _attribute(world: ChangingWorld) -> None:
    path = world.path(world.pick("home/Dropbox/p", "home/Dropbox/p/.venv", "home/Dropbox/ws"))
    name = "user.com.dropbox.ignored"
    if sys.platform != "linux":
        return
    if name in os.listxattr(path, follow_symlinks=False):
        os.removexattr(path, name, follow_symlinks=False)
    else:
        os.setxattr(path, name, b"1", follow_symlinks=False)


def _program(world: ChangingWorld) -> None:
    """Put something where uv looks for the program to run."""
    folder = world.pick(*FOLDERS)
    name = world.pick("tool", "true", "main.py", "tool/__main__.py", "sub/tool")
    path = world.path(f"{folder}/{name}")
    if os.path.lexists(path):
        world.remove(path)
    else:
        world.write(
            path, world.pick("", "# /// script\n# ///\n", "import x\n# /// script\n# ///\n")
        )


def _move(world: ChangingWorld) -> None:
    """Swap two directories, or replace one by a symlink."""
    one, other = world.pick("p plain", "p ws", "ws plain").split()
    first, second = (world.path(f"home/Dropbox/{name}") for name in (one, other))
    aside = world.path("home/Dropbox/aside")
    os.rename(first, aside)
    if world.random.random() < 0.3:
        shutil.rmtree(world.path("moved"), ignore_errors=True)
        os.rename(aside, world.path("moved"))
        os.symlink(world.path("moved"), first)
    else:
        os.rename(second, first)
        os.rename(aside, second)


def _move_above(world: ChangingWorld) -> None:
    """Move the Dropbox folder, or home's configuration, and perhaps leave a symlink."""
    path = world.path(world.pick("home/Dropbox", "home/.config", "home/.dropbox", "home/.local"))
    moved = world.path("home/moved-" + os.path.basename(path).strip("."))
    if os.path.islink(path):
        os.unlink(path)
        os.rename(moved, path)
    elif os.path.isdir(moved):
        os.rename(moved, path)
    else:
        os.rename(path, moved)
        if world.random.random() < 0.8:
            os.symlink(moved, path)


def _mount(world: ChangingWorld) -> None:
    """Mount memory or another directory over one, or unmount something."""
    mounted = world.mounted()
    if mounted and world.random.random() < 0.5:
        world.run("umount", "-l", mounted[-1])
        return
    over = world.path(world.pick(*FOLDERS, "home/Dropbox", "home/.config", "home/.dropbox", "bin2"))
    other = world.pick("memory", "home/src/q", "home/Dropbox/plain", "home/.dropbox", "bin1")
    if not os.path.isdir(over) or os.path.realpath(over) != over:
        return
    if other == "memory":
        world.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", over)
        world.write(f"{over}/pyproject.toml", world.pick(*PYPROJECTS))
    elif os.path.realpath(world.path(other)) == world.path(other):
        world.run("mount", "--bind", world.path(other), over)


def _mode(world: ChangingWorld) -> None:
    path = world.path(world.pick(*FOLDERS, "home/.cache/uvlocal", "home/.cache/uvlocal/decisions"))
    os.chmod(path, int(world.pick("700", "755", "777"), 8))


def _cache(world: ChangingWorld) -> None:
    name = world.pick("roots", "uv-versions", "decisions", "said")
    world.remove(os.path.join(world.cache, name))


def _variable(world: ChangingWorld) -> None:
    name = world.pick(*VARIABLES)
    if name in world.variables and world.random.random() < 0.7:
        del world.variables[name]
        return
    value = world.pick(*VARIABLES[name])
    store = world.path("home/.local/share/uvlocal")
    world.variables[name] = value.format(root=world.root, store=store)


def _no_variables(world: ChangingWorld) -> None:
    world.variables.clear()


EDITS: tuple[Callable[[ChangingWorld], None], ...] = (
    *(_pyproject,) * 3,
    _pyproject_goes,
    *(_same_size_and_time,) * 4,
    _touch_back,
    *(_user_settings,) * 2,
    *(_no_user_settings,) * 2,
    _uv_settings,
    _dropbox,
    _dropbox_goes,
    *(_other_client,) * 3,
    *(_marker,) * 2,
    *(_inside,) * 2,
    *(_environments,) * 3,
    _records,
    _store,
    _real_uv,
    _attribute,
    *(_program,) * 3,
    _move,
    _move_above,
    *(_mount,) * 3,
    _mode,
    _cache,
    *(_variable,) * 5,
    *(_no_variables,) * 2,
)
