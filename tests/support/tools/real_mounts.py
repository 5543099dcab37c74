"""Real mounts for the tests, each in its own directory and unmounted after the test.

A mount needs programs, often root, and a kernel that supports the file system; if one of these is
missing, `Unavailable` says which.
"""

from __future__ import annotations

import os
import select
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: The timeout for mounting something, in seconds.
PATIENCE = 30


class Unavailable(Exception):  # noqa: N818 - no error: the test is skipped
    """Something cannot be mounted on this machine."""


def need(*programs: str, root: bool = False) -> None:
    """Check that programs are installed, and that this user may mount."""
    if sys.platform != "linux":
        msg = "the mounts of these tests are Linux'"
        raise Unavailable(msg)
    for program in programs:
        if shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
            msg = f"`{program}` is not installed"
            raise Unavailable(msg)
    if root and os.geteuid() != 0:
        msg = "only root may mount this"
        raise Unavailable(msg)
    if not root and not os.access("/dev/fuse", os.W_OK):
        msg = "this user may not use `/dev/fuse`"
        raise Unavailable(msg)


def mounted_at(path: str) -> bool:
    """Return whether something is mounted at a path, without accessing it."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
        return any(line.split(" ")[4] == path for line in table)


class Mounts:
    """A test's mounts, and the programs started for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ends = ExitStack()
        self._environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder)}

    def close(self) -> None:
        """Unmount everything and stop every program, in reverse order."""
        self._ends.close()

    def make(self, name: str) -> str:
        """Make a folder, and return its path."""
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return str(path)

    def run(self, *command: str, text: str = "") -> None:
        """Run a command; if it fails, the mount is unavailable here."""
        result = subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            env=self._environment,
            timeout=PATIENCE,
            check=False,
        )
        if result.returncode:
            msg = f"`{' '.join(command)}` failed: {result.stderr.strip()[-300:]}"
            raise Unavailable(msg)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a background program, and stop it with the test."""
        with open(self.folder / "log", "ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment
            )
        self._ends.callback(self._end, process)
        return process

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def await_mount(self, path: str, process: subprocess.Popen[bytes] | None = None) -> str:
        """Wait until something is mounted at `path`, and unmount it with the test."""
        if sys.platform == "win32":
            raise NotImplementedError
        self._ends.callback(self._unmount, path)
        with open("/proc/self/mountinfo", "rb") as table:
            changes = select.poll()
            changes.register(table, select.POLLPRI | select.POLLERR)
            for _ in range(PATIENCE):
                if mounted_at(path):
                    return path
                if process is not None and process.poll() is not None:
                    break
                changes.poll(1000)  # wakes up at a change of the table (proc_pid_mountinfo(5))
        log = self.folder / "log"
        said = log.read_text(errors="replace").strip()[-300:] if log.exists() else ""
        msg = f"nothing was mounted: {said}"
        raise Unavailable(msg)

    def _unmount(self, path: str) -> None:
        for command in (["fusermount3", "-u", path], ["umount", path], ["umount", "-l", path]):
            if not mounted_at(path):
                return
            with suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(
                    command,
                    capture_output=True,
                    env=self._environment,
                    timeout=PATIENCE,
                    check=False,
                )

    def loop_device(self, image: str) -> str:
        """Attach an image to a loop device for the duration of the test."""
        need("losetup", root=True)
        attach = ("losetup", "--find", "--show", image)
        result = subprocess.run(
            attach, capture_output=True, text=True, env=self._environment, check=False
        )
        if result.returncode:
            msg = f"no loop device: {result.stderr.strip()}"
            raise Unavailable(msg)
        device = result.stdout.strip()
        detach = ["losetup", "--detach", device]
        self._ends.callback(subprocess.run, detach, capture_output=True, env=self._environment)
        return device

    def image(self, megabytes: int) -> str:
        """Make an empty, sparse image of a disk."""
        path = self.folder / "image"
        with open(path, "wb") as file:
            file.truncate(megabytes << 20)
        return str(path)


# -- one function for each mount; each returns the mount point
# -------------------------------------------


def tmpfs(mounts: Mounts) -> str:
    """Memory."""
    need("mount", root=True)
    point = mounts.make("mount")
    mounts.run("mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", point)
    return mounts.await_mount(point)


def btrfs(mounts: Mounts) -> str:
    """A disk with its own device numbers for subvolumes."""
    need("mkfs.btrfs", "mount", root=True)
    device = mounts.loop_device(mounts.image(256))
    mounts.run("mkfs.btrfs", "--quiet", device)
    point = mounts.make("mount")
    mounts.run("mount", "-t", "btrfs", device, point)
    mounts.await_mount(point)
    mounts.run("btrfs", "subvolume", "create", f"{point}/sub")
    return point


def overlay(mounts: Mounts) -> str:
    """One directory over another, as in containers."""
    need("mount", root=True)
    low, up, work = (mounts.make(name) for name in ("low", "up", "work"))
    point = mounts.make("mount")
    options = f"lowerdir={low},upperdir={up},workdir={work}"
    mounts.run("mount", "-t", "overlay", "-o", options, "overlay", point)
    return mounts.await_mount(point)


def fuse_overlayfs(mounts: Mounts) -> str:
    """The same, served by a program."""
    need("fuse-overlayfs")
    low, up, work = (mounts.make(name) for name in ("low", "up", "work"))
    point = mounts.make("mount")
    options = f"lowerdir={low},upperdir={up},workdir={work}"
    return mounts.await_mount(point, mounts.start("fuse-overlayfs", "-f", "-o", options, point))


def bindfs(mounts: Mounts, of: str = "") -> str:
    """Another folder, seen through a program."""
    need("bindfs")
    point = mounts.make("mount-bindfs")
    process = mounts.start("bindfs", "-f", of or mounts.make("back"), point)
    return mounts.await_mount(point, process)


def gocryptfs(mounts: Mounts, cipher: str = "") -> str:
    """A directory whose files are encrypted in another one."""
    need("gocryptfs")
    cipher = cipher or mounts.make("cipher")
    point = mounts.make("mount")
    mounts.run("gocryptfs", "-init", "-q", "-scryptn", "10", cipher, text="secret\n")
    password = mounts.folder / "password"
    password.write_text("secret\n")
    command = ("gocryptfs", "-fg", "-q", "-passfile", str(password), cipher, point)
    return mounts.await_mount(point, mounts.start(*command))


def encfs(mounts: Mounts, cipher: str = "") -> str:
    """The same by another program, which does not show that directory in the mount table."""
    need("encfs")
    cipher = cipher or mounts.make("cipher")
    point = mounts.make("mount")
    process = mounts.start("encfs", "-f", "--standard", "--extpass=echo secret", cipher, point)
    return mounts.await_mount(point, process)


def cryfs(mounts: Mounts, cipher: str = "") -> str:
    """The same by a third."""
    need("cryfs")
    cipher = cipher or mounts.make("cipher")
    point = mounts.make("mount")
    settings = ("env", "CRYFS_FRONTEND=noninteractive", "CRYFS_NO_UPDATE_CHECK=true")
    command = (*settings, "sh", "-c", 'echo secret | cryfs -f "$0" "$1"', cipher, point)
    return mounts.await_mount(point, mounts.start(*command))


def mergerfs(mounts: Mounts) -> str:
    """Two folders in one."""
    need("mergerfs")
    point = mounts.make("mount")
    branches = f"{mounts.make('a')}:{mounts.make('b')}"
    return mounts.await_mount(point, mounts.start("mergerfs", "-f", branches, point))


def ntfs(mounts: Mounts) -> str:
    """Windows' file system, served by a program."""
    need("mkfs.ntfs", "ntfs-3g", root=True)
    device = mounts.loop_device(mounts.image(128))
    mounts.run("mkfs.ntfs", "--quick", "--quiet", device)
    point = mounts.make("mount")
    process = mounts.start("ntfs-3g", "-o", "no_detach", device, point)
    return mounts.await_mount(point, process)


def exfat(mounts: Mounts) -> str:
    """A USB stick's file system, served by a program if the kernel does not support it."""
    need("mkfs.exfat", "mount.exfat-fuse", root=True)
    device = mounts.loop_device(mounts.image(128))
    mounts.run("mkfs.exfat", device)
    point = mounts.make("mount")
    return mounts.await_mount(point, mounts.start("mount.exfat-fuse", "-d", device, point))


def vfat(mounts: Mounts) -> str:
    """An older USB stick's file system, served by a program."""
    need("mkfs.vfat", "fusefat")
    image = mounts.image(64)
    mounts.run("mkfs.vfat", image)
    point = mounts.make("mount")
    process = mounts.start("fusefat", "-f", "-o", "rw+", image, point)
    return mounts.await_mount(point, process)


def rclone(mounts: Mounts) -> str:
    """A cloud storage, here a directory of this machine."""
    need("rclone")
    point = mounts.make("mount")
    process = mounts.start(
        "rclone",
        "mount",
        f"--config={mounts.make('config')}/rclone.conf",
        f"--cache-dir={mounts.make('cache')}",
        "--vfs-cache-mode=writes",
        f":local:{mounts.make('back')}",
        point,
    )
    return mounts.await_mount(point, process)


def sshfs(mounts: Mounts) -> str:
    """Another machine's directory, here through an sshd on this one."""
    need("sshfs", "sshd", "ssh-keygen", root=True)  # sshd only accepts its own user
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    keys = mounts.make("keys")
    for name in ("host", "user"):
        mounts.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{keys}/{name}")
    port = free_port()
    config = mounts.folder / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {keys}/host\nPidFile none\n"
        f"AuthorizedKeysFile {keys}/user.pub\nStrictModes no\nUsePAM no\n"
        "PermitRootLogin prohibit-password\nPasswordAuthentication no\n"
        "Subsystem sftp internal-sftp\n"
    )
    process = mounts.start("/usr/sbin/sshd", "-D", "-e", "-f", str(config))
    await_port(port, process)
    point = mounts.make("mount")
    options = [
        f"IdentityFile={keys}/user",
        f"UserKnownHostsFile={keys}/known",
        "StrictHostKeyChecking=no",
    ]
    served = f"root@127.0.0.1:{mounts.make('back')}"
    command = ("sshfs", "-f", served, point, "-p", str(port), "-F/dev/null")
    process = mounts.start(*command, *(f"-o{option}" for option in options))
    return mounts.await_mount(point, process)


def smbnetfs(mounts: Mounts) -> str:
    """All shares of the network; here there are none, but the mount exists."""
    need("smbnetfs")
    config = mounts.folder / "smb.conf"
    config.write_text("")
    config.chmod(0o600)
    point = mounts.make("mount")
    process = mounts.start("smbnetfs", "-f", point, "-o", f"config={config}")
    return mounts.await_mount(point, process)


def free_port() -> int:
    """Return an unused port of the loopback interface."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a started program accepts connections."""
    for _ in range(PATIENCE * 20):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            break
    msg = "the server did not start"
    raise Unavailable(msg)


MOUNTS: dict[str, Callable[[Mounts], str]] = {
    "tmpfs": tmpfs,
    "btrfs": btrfs,
    "overlay": overlay,
    "fuse-overlayfs": fuse_overlayfs,
    "bindfs": bindfs,
    "gocryptfs": gocryptfs,
    "encfs": encfs,
    "cryfs": cryfs,
    "mergerfs": mergerfs,
    "ntfs": ntfs,
    "exfat": exfat,
    "vfat": vfat,
    "rclone": rclone,
    "sshfs": sshfs,
    "smbnetfs": smbnetfs,
}
