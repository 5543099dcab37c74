"""What the native launcher and Python must agree on, written once.

`hatch_build.py` runs this file by its path and generates `shims/launcher/contract.h` from every
uppercase name: numbers, text, and tuples of text. So nothing is imported here.
"""

#: Every shim contains this text, so that a copy is recognised anywhere.
MARKER = "uvlocal-launcher-marker:1"
#: The largest shim, in bytes; larger files, such as the real uv, are not searched for the marker.
SHIM_LIMIT = 256 * 1024
#: The only argument of a shim that is asked whether it starts: it prints the marker and a newline
#: to stderr, and exits with 0.
PROBE = "--uvlocal-launcher"
#: The exit code of a shell for a command that it cannot find.
NOT_FOUND = 127

# -- the file beside the launcher ------------------------------------------------------------------

#: Its name; how much of it is read, in bytes; the version of its format, in its first line.
CONFIGURATION = "uvlocal-launcher.conf"
CONFIGURATION_LIMIT = 64 * 1024
CONFIGURATION_VERSION = "1"

# -- variables -------------------------------------------------------------------------------------

#: Every variable that uvlocal may set for uv. Two markers accompany each of them: our value, and
#: the user's value, if there was one. So a nested call can tell our value from the user's and
#: restore the latter.
MANAGED = (
    "UV_PROJECT_ENVIRONMENT",
    "VIRTUAL_ENV",
    "UV_NO_INSTALLER_METADATA",
    "UV_LINK_MODE",
    "UV_NO_SYNC",
)
SET_PREFIX = "UVLOCAL_SET_"
HAD_PREFIX = "UVLOCAL_HAD_"
#: PID:PASSES:DEPTH, the guard against loops. It changes in each call; no decision depends on it.
LOOP = "UVLOCAL_LOOP"

# -- recorded decisions (`recall`) -----------------------------------------------------------------

#: The first field of a record; the number changes with the format.
RECORD_MAGIC = "uvlocal-decision 3"
#: If Python is gone, a decision recorded for one call also serves others in the same directory, so
#: that a project keeps its environment. This applies to these commands, unless an argument names
#: another place (contains a separator) or starts with one of these.
KEEPING = ("add", "remove", "run", "sync")
LEAVING = (
    "--active",
    "--directory",
    "--isolated",
    "--no-project",
    "--project",
    "--script",
)
#: The directory in the cache that holds the records.
DECISIONS = "decisions"
#: The largest record and the longest command line that is recorded verbatim, in bytes; the maximum
#: number of words, variables, inputs or changes in one record.
RECORD_LIMIT = 256 * 1024
LINE_LIMIT = 1024
COUNT_LIMIT = 4096
#: The largest content that gets a checksum, and the longest extended attribute, in bytes.
SUMMED_LIMIT = 1024 * 1024
ATTRIBUTE_LIMIT = 4096
#: The variables that a decision may depend on: these, and every name with this prefix. No others,
#: as they are recorded with the decision, and some of uv's hold passwords.
VARIABLE_PREFIX = "UVLOCAL_"
VARIABLES = (
    "APPDATA",
    "CCNET_CONF_DIR",
    "CONDA_DEFAULT_ENV",
    "CONDA_PREFIX",
    "HOME",
    "LOCALAPPDATA",
    "MUTAGEN_DATA_DIRECTORY",
    "ONEDRIVE",
    "ONEDRIVECOMMERCIAL",
    "ONEDRIVECONSUMER",
    "PATH",
    "PROGRAMDATA",
    "STCONFDIR",
    "STHOMEDIR",
    "SYSTEMDRIVE",
    "USERPROFILE",
    "UV_CACHE_DIR",
    "UV_CONFIG_FILE",
    "UV_ENV_FILE",
    "UV_FROZEN",
    "UV_ISOLATED",
    "UV_LINK_MODE",
    "UV_NO_BUILD_ISOLATION",
    "UV_NO_CACHE",
    "UV_NO_CONFIG",
    "UV_NO_ENV_FILE",
    "UV_NO_INSTALLER_METADATA",
    "UV_NO_PROJECT",
    "UV_NO_SYNC",
    "UV_PREVIEW",
    "UV_PREVIEW_FEATURES",
    "UV_PROJECT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
    "VIRTUAL_ENV",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "_CONDA_ROOT",
)

# -- Python ----------------------------------------------------------------------------------------

#: The file whose `main` Python runs, relative to the package's parent directory.
LAUNCH = "/uvlocal/shim/launch.py"
#: How a launcher learns that Python failed: it is started again with this variable.
PYTHON_FAILED = "UVLOCAL_FAILED"
#: On Windows Python answers the launcher, in fields that each end with a NUL byte: this text, a
#: count, that many changes (NAME=value to set, NAME to remove), the real uv, and `end`. If Python
#: found no uv, and printed that, the field is empty.
ANSWER_MAGIC = "uvlocal-answer 1"
#: What Python runs; `launch` documents `sys.argv`. The file is run by its path, as importing it
#: takes longer than running it. `main` does not return, so the code after it handles a package that
#: is damaged or being replaced: this process becomes the launcher again, with the signals and
#: LC_CTYPE that the launcher got, and the launcher becomes uv. On Windows it exits without an
#: answer.
STUB = f"""\
import sys
from _frozen_importlib_external import SourceFileLoader as L
try:
 m=type(sys)('uvlocal.shim.launch')
 L(m.__name__,sys.argv[1]+'{LAUNCH}').exec_module(m)
 m.main()
except Exception:
 import os
 if os.environ.get('UVLOCAL_TRACE','0') not in ('','0'):sys.excepthook(*sys.exc_info())
import os
if os.name=='nt':os._exit(1)
import _signal as s
f,k,v=sys.argv[3].partition('=')
'P' in f or s.signal(s.SIGPIPE,s.SIG_DFL)
'X' in f or s.signal(s.SIGXFSZ,s.SIG_DFL)
if 'L' in f:os.unsetenv('LC_CTYPE')
if k:os.putenv('LC_CTYPE',bytes.fromhex(v))
os.putenv('{PYTHON_FAILED}','1')
os.execv(sys.argv[2],[sys.argv[4] or 'uv']+sys.argv[5:])"""
