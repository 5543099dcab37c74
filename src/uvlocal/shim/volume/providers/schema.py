"""The columns of the table of providers: how one is found, and how it leaves folders out."""

LINUX = ("linux",)
MACOS = ("darwin",)
WINDOWS = ("win32",)
UNIX = ("linux", "darwin")
ALL = ("linux", "darwin", "win32")

#: Apple's mark for "leave this out", honoured by some File Providers.
IGNORE_ATTRIBUTE = "com.apple.fileprovider.ignore#P"


class Place:
    """One way in which a provider's folders are found.

    Attributes:
        how: what `where` is:
            `file`: a configuration file (or a folder of them), read by the function `probe` of
            `uvlocal.shim.volume.sync_roots.config_files`, also where only `needs` exists;
            `registry`: a key of the Windows registry, read by the function `probe`;
            `variable`: an environment variable that holds the folder;
            `fixed`: the folder itself, a fact only where `needs` exists;
            `shape`: names that follow each other in a path, the last of them may go on with `-`;
            `marker`: something with this name in the folder, a directory where a `/` ends it;
            `needs` is `listed` where the client's configuration lists all its folders;
            `attribute`: an extended attribute of the folder, whose value begins with `needs`;
            `back-link`: a link in this folder below home, named as the folder it leads to;
            `flag`: something with this name in the project that has macOS' flag UF_HIDDEN.
        platforms: where this holds.
        where: see `how`. A path begins with `~` or a folder such as `$CONFIG` or `%APPDATA%`
            (`uvlocal.shim.volume.sync_roots.discovery.expand`).
        probe: the name of a function, "" for none.
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
    """One way in which a folder inside a root is left out of sync.

    Attributes:
        how: what `what` is:
            `attribute`: an extended attribute (a data stream on Windows) with the value 1;
            `suffix`: the end of the folder's name;
            `file`: something with this name in the folder;
            `patterns`: a file of patterns in the root, or anywhere if `what` begins with `$`;
            `listed`: patterns in the client's configuration, under the name `what`;
            `option`: a switch of the client's configuration, under the name `what`.
        platforms: where this holds.
        what: see `how`.
        dialect: how patterns are read (`uvlocal.shim.volume.ignore_patterns`).
        certain: the client's maker or its code says so. What is disputed changes no decision, it
            is told only.
        option: holds only where the client's configuration says so, under this name.
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
    """Something that writes to folders of this machine from elsewhere.

    Attributes:
        id: kebab-case, as in `[providers.dropbox]`.
        label: what people call it.
        places: how its folders are found, best first.
        links: what the client does to a symbolic link: `kept` (as a link, which leads nowhere on
            other machines), `skipped`, `followed` (what it leads to is synced), `refused`, or
            `unknown`.
        copies_links: platforms where hard links into uv's cache do harm beyond the project, so
            that uv is told to copy.
        exclusions: how a folder is left out.
        file_provider: how its folders in macOS' `Library/CloudStorage` begin.
        windows_names: how its entries in Windows' list of sync roots and in Explorer begin; with a
            `*` in front, what they contain.
        source: where this is known from.
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
