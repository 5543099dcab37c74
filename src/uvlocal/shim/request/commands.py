"""uv's command line as tables: its commands, and the options that take a value.

Source: `uv help <command>`, and `uv generate-shell-completion zsh`, which shows hidden options too;
a test compares the tables with the latter. Running the commands showed which of them read
`UV_PROJECT_ENVIRONMENT`.
"""

PROJECT, ENVIRONMENT, NONE = "project", "environment", "none"

#: How each command uses a project's environment, and whether it creates or changes it.
#: `project`: uv reads `UV_PROJECT_ENVIRONMENT`. `environment`: uv, or the tool that `uv tool run`
#: starts, looks for `VIRTUAL_ENV`, then for `.venv` from the working directory up. A command that
#: is not listed counts as `none`.
COMMANDS: "dict[str, tuple[str, bool]]" = {
    "add": (PROJECT, True),
    "audit": (PROJECT, False),
    "auth": (NONE, False),
    "build": (ENVIRONMENT, False),
    "build-backend": (NONE, False),
    "cache": (NONE, False),
    "check": (PROJECT, True),
    "clean": (NONE, False),
    "export": (PROJECT, False),
    "format": (NONE, False),
    "generate-shell-completion": (NONE, False),
    "help": (NONE, False),
    "init": (NONE, False),
    "lock": (PROJECT, False),
    "pip": (NONE, False),
    "pip check": (ENVIRONMENT, False),
    "pip compile": (ENVIRONMENT, False),
    "pip debug": (NONE, False),
    "pip freeze": (ENVIRONMENT, False),
    "pip install": (ENVIRONMENT, True),
    "pip list": (ENVIRONMENT, False),
    "pip show": (ENVIRONMENT, False),
    "pip sync": (ENVIRONMENT, True),
    "pip tree": (ENVIRONMENT, False),
    "pip uninstall": (ENVIRONMENT, True),
    "publish": (NONE, False),
    "python": (NONE, False),
    "python dir": (NONE, False),
    "python find": (ENVIRONMENT, False),
    "python install": (NONE, False),
    "python list": (NONE, False),
    "python pin": (NONE, False),
    "python uninstall": (NONE, False),
    "python update-shell": (NONE, False),
    "python upgrade": (NONE, False),
    "remove": (PROJECT, True),
    "run": (PROJECT, True),  # `environment` with `--no-project`
    "self": (NONE, False),
    "sync": (PROJECT, True),
    "tool": (NONE, False),
    "tool audit": (NONE, False),
    "tool dir": (NONE, False),
    "tool install": (NONE, False),
    "tool list": (NONE, False),
    "tool run": (ENVIRONMENT, False),
    "tool uninstall": (NONE, False),
    "tool update-shell": (NONE, False),
    "tool upgrade": (NONE, False),
    "tool uvx": (ENVIRONMENT, False),  # what `uvx` starts
    "tree": (PROJECT, False),
    "upgrade": (PROJECT, False),
    "venv": (PROJECT, True),
    "version": (NONE, False),  # `project` where it sets the version
    "workspace": (NONE, False),
    "workspace dir": (NONE, False),
    "workspace list": (NONE, False),
    "workspace metadata": (PROJECT, False),
}

#: Commands with subcommands; those of others (`self`, `cache`, ...) do not matter here.
NAMESPACES = frozenset(("pip", "python", "tool", "workspace"))

#: The commands that run a program, with all arguments after its name.
RUNS_PROGRAM = frozenset(("run", "tool run", "tool uvx"))

ALIASES = {
    "--generate-shell-completion": "generate-shell-completion",
    "pip ls": "pip list",
    "python ls": "python list",
    "tool ensurepath": "tool update-shell",
    "tool ls": "tool list",
    "v": "venv",
    "virtualenv": "venv",
}

#: The commands that take `--active`.
TAKES_ACTIVE = frozenset(("add", "remove", "run", "sync", "version", "workspace metadata"))

#: The commands that take `--no-project`, in a way that matters here.
TAKES_NO_PROJECT = frozenset(("check", "run", "venv"))

#: The commands that take `--isolated` as their own option; elsewhere it is deprecated.
TAKES_ISOLATED = frozenset(("check", "run"))

#: The commands that take `--no-sync`.
TAKES_NO_SYNC = frozenset(("add", "check", "remove", "run", "version"))

#: Options with a value that are allowed before and after the command.
GLOBAL_VALUES = frozenset(
    (  # noqa: SIM905 - a table of words reads best as words
        "--allow-insecure-host --cache-dir --color --config-file --directory --preview-feature "
        "--preview-features --project --python-fetch --python-preference --trusted-host"
    ).split()
)

#: Options that take a value in every command that has them, including aliases.
VALUES = GLOBAL_VALUES.union(
    (  # noqa: SIM905 - as above
        "--abi --annotation-style --batch --bounds --branch --build-constraint --build-constraints "
        "--bump --cert --client-cert --config --config-setting --config-settings "
        "--config-settings-package --constraint --constraints --custom-compile-command "
        "--default-index --depth --env-file --exclude --exclude-newer --exclude-newer-package "
        "--excludes --extra --extra-index-url --find-links --fork-strategy --format --group "
        "--ignore --ignore-until-fixed --implementation --index --index-strategy --index-url "
        "--keyring-provider --link-mode --marker --max-recursion-depth --max-rounds "
        "--no-binary-package --no-build-isolation-package --no-build-package "
        "--no-editable-package --no-emit-package --no-extra --no-group --no-install-package "
        "--no-sources-package --only-binary --only-emit-package --only-group "
        "--only-install-package --optional --out-dir --output-file --output-format "
        "--output-version --override --overrides --package --path --pip-args --platform --prefix "
        "--prerelease --prerelease-package --prompt --prune --python --python-downloads-json-url "
        "--python-executable --python-platform --python-version --refresh-package "
        "--reinstall-package --requirement --requirements --resolution --resolver --rev "
        "--service-format --service-url --tag --target --torch-backend --ty-version "
        "--unsafe-package --upgrade-group --upgrade-package --with --with-editable "
        "--with-requirements -C -P -b -d -i -o -p -r -t -w"
    ).split()
)

#: Options that are flags in some commands, with the commands in which they take a value.
VALUES_OF = {
    "add": frozenset(("--script", "-c", "-f", "-m")),
    "audit": frozenset(("--script", "-f")),
    "build": frozenset(("-f",)),
    "check": frozenset(("--script", "-f")),
    "export": frozenset(("--script", "-f")),
    "lock": frozenset(("--script", "-f")),
    "pip compile": frozenset(("--no-binary", "-c", "-f")),
    "pip install": frozenset(("--editable", "--no-binary", "-c", "-e", "-f")),
    "pip list": frozenset(("-f",)),
    "pip sync": frozenset(("--no-binary", "-c", "-f")),
    "pip tree": frozenset(("-f",)),
    "python find": frozenset(("--script",)),
    "remove": frozenset(("--script", "-f")),
    "run": frozenset(("-f",)),
    "sync": frozenset(("--script", "-f")),
    "tool run": frozenset(("--from", "--generate-shell-completion", "-c", "-f")),
    "tool uvx": frozenset(("--from", "--generate-shell-completion", "-c", "-f")),
    "tree": frozenset(("--script", "-f")),
    "upgrade": frozenset(("-f",)),
    "venv": frozenset(("-f",)),
    "version": frozenset(("-f",)),
    "workspace metadata": frozenset(("--script", "-f")),
}

#: The long names of options that have several names.
SPELLINGS = {
    "--no-workspace": "--no-project",
    "--no_workspace": "--no-project",
    "--preview-feature": "--preview-features",
    "-V": "--version",
    "-h": "--help",
    "-n": "--no-cache",
    "-p": "--python",
    "-q": "--quiet",
}

#: The short names that have this meaning only in `uv run`.
SPELLINGS_OF_RUN = {"-m": "--module", "-s": "--script"}

#: Flags that cancel an earlier one on the same command line.
TAKES_BACK = {
    "--no-active": "--active",
    "--no-frozen": "--frozen",
    "--no-preview": "--preview",
    "--no-system": "--system",
    "--preview": "--no-preview",
    "--build-isolation": "--no-build-isolation",
}
