"""How long `list`, `prune` and `doctor` take over a store of many environments, against `du`."""

from __future__ import annotations

import os

from scan import write

from uvlocal.manage.environments import record
from uvlocal.manage.environments.folder_identity import identity_of
from uvlocal.shim.machine.host import System
from uvlocal.shim.store import naming

#: Files in each environment.
_FILES = 20


def build(home: str, number: int) -> str:
    """Write so many projects in `home`, and an environment of each in a store; return the store."""
    store = os.path.join(home, ".local", "share", "uvlocal")
    system = System(environ={"HOME": home}, cwd=home, home=home)
    for count in range(number):
        root = os.path.join(home, "Dropbox", f"team{count // 50}", f"project{count}")
        write(os.path.join(root, "pyproject.toml"), f'[project]\nname = "p{count}"\n')
        identity = identity_of(root)
        name = naming.name_of(root, system)
        table = {
            "version": record.RECORD_VERSION,
            "name": name,
            "root": root,
            "key": naming.key_of(root, system),
            "mount-point": "/",
            "file-system": "ext4",
            "top": os.path.join(home, "Dropbox"),
            "device": identity.device if identity else 0,
            "inode": identity.inode if identity else 0,
            "born": identity.born if identity else 0,
            "provider": "dropbox",
            "strategy": "redirect",
            "uvlocal": "0.1.0",
            "uv": "0.13.9",
            "created": "2026-11-22T16:27:21Z",
        }
        environment = os.path.join(store, naming.ENVIRONMENTS, name)
        lines = "".join(
            f"{key} = {value}\n" if isinstance(value, int) else f'{key} = "{value}"\n'
            for key, value in table.items()
        )
        write(os.path.join(store, naming.RECORDS, name + record.SUFFIX), lines)
        write(os.path.join(environment, "pyvenv.cfg"), "version_info = 3.12.1\n")
        write(os.path.join(environment, "bin", "python"), "")
        packages = os.path.join(environment, "lib", "python3.12", "site-packages")
        for module in range(_FILES - 2):
            write(os.path.join(packages, f"package{module // 10}", f"module{module}.py"), "")
    for folder in ("", naming.ENVIRONMENTS, naming.RECORDS):
        os.chmod(os.path.join(store, folder), 0o700)
    return store
