"""The columns of the table of providers: how one is found, and how it excludes folders."""

LINUX = ("linux",)
MACOS = ("darwin",)
WINDOWS = ("win32",)
UNIX = ("linux", "darwin")
ALL = ("linux", "darwin", "win32")

#: Apple's attribute to exclude a folder, which some File Providers respect.
IGNORE_ATTRIBUTE = "com.apple.fileprovider.ignore#P"


class Place:
    """One way to find a provider's folders.

    Attributes:
        how: what `where` is:
            `file`: a configuration file (or a directory of them), read by the function `probe` of
            `uvlocal.shim.volume.sync_roots.config_files`, also if only `needs` exists;
            `registry`: a key of the Windows registry, read by the function `probe`;
            `variable`: an environment variable that contains the folder;
            `fixed`: the folder itself, but only if `needs` exists;
            `shape`: consecutive names in a path, the last of which may continue with `-`;
            `marker`: something with this name in the folder, a directory if it ends with `/`;
            `needs` is `listed` if the client's configuration lists all its folders;
            `attribute`: an extended attribute of the folder, whose value starts with `needs`;
            `back-link`: a symlink in this directory below home, named like the folder it points to;
            `flag`: something with this name in the project that has macOS' flag UF_HIDDEN.
        platforms: the platforms that this applies to.
        where: see `how`. A path starts with `~` or a directory such as `$CONFIG` or `%APPDATA%`
            (`uvlocal.shim.machine.directories.expand`).
        probe: the name of a function, or "".
        needs: see `how`.
        confidence: `high`, `medium` or `low`.
    """

    __slots__ = ("confidence", "how", "needs", "platforms", "probe", "where")

    def __init__(  # noqa: PLR0913 - a row has as many fields as there are facts
        self,
        how: str,
        platforms: "tuple[str, ...]",
        where: str,
        probe: str = "",
        *,
        needs: str = "",
        confidence: str = "high",
    ) -> None:
        self.how = how
        self.platforms = platforms
        self.where = where
        self.probe = probe
        self.needs = needs
        self.confidence = confidence


class Exclusion:
    """One way to exclude a folder inside a sync root.

    Attributes:
        how: what `what` is:
            `attribute`: an extended attribute (a data stream on Windows) with the value 1;
            `suffix`: the end of the folder's name;
            `file`: something with this name in the folder;
            `patterns`: a file of patterns in the root, or anywhere if `what` starts with `$`;
            `listed`: patterns in the client's configuration, under the name `what`;
            `option`: a switch of the client's configuration, under the name `what`.
        platforms: the platforms that this applies to.
        what: see `how`.
        dialect: the syntax of patterns (`uvlocal.shim.volume.ignore_patterns`).
        certain: the client's vendor or its code confirms it. Anything else is reported, but does
            not change the decision.
        option: applies only if this option is set in the client's configuration.
    """

    __slots__ = ("certain", "dialect", "how", "option", "platforms", "what")

    def __init__(  # noqa: PLR0913 - a row has as many fields as there are facts
        self,
        how: str,
        platforms: "tuple[str, ...]",
        what: str,
        dialect: str = "",
        *,
        certain: bool = True,
        option: str = "",
    ) -> None:
        self.how = how
        self.platforms = platforms
        self.what = what
        self.dialect = dialect
        self.certain = certain
        self.option = option


class Provider:
    """A sync client, which writes to folders of this machine from elsewhere.

    Attributes:
        id: kebab-case, as in `[providers.dropbox]`.
        label: the name for people.
        places: how its folders are found, best first.
        links: what the client does to a symlink: `kept` (as a symlink, which dangles on other
            machines), `skipped`, `followed` (its target is synced), `refused`, or `unknown`.
        copies_links: platforms where hard links into uv's cache do harm beyond the project, so
            that uv is told to copy.
        exclusions: how a folder is excluded.
        file_provider: the prefix of its folders in macOS' `Library/CloudStorage`.
        windows_names: prefixes of its entries in Windows' list of sync roots and in Explorer; with
            a leading `*`, what they contain.
        source: the evidence for this row.
    """

    __slots__ = (
        "copies_links",
        "exclusions",
        "file_provider",
        "id",
        "label",
        "links",
        "places",
        "source",
        "windows_names",
    )

    def __init__(  # noqa: PLR0913 - a row has as many fields as there are facts
        self,
        identifier: str,
        label: str,
        *,
        places: "tuple[Place, ...]",
        source: str,
        links: str = "unknown",
        copies_links: "tuple[str, ...]" = (),
        exclusions: "tuple[Exclusion, ...]" = (),
        file_provider: str = "",
        windows_names: "tuple[str, ...]" = (),
    ) -> None:
        self.id = identifier
        self.label = label
        self.places = places
        self.links = links
        self.copies_links = copies_links
        self.exclusions = exclusions
        self.file_provider = file_provider
        self.windows_names = windows_names
        self.source = source
