#!/bin/sh
# uvlocal's shim for systems without a native launcher: the programs `uv` and `uvx` on PATH.
# uvlocal-launcher-marker:1 (every shim of ours contains this, so that a copy is recognised)
#
# It becomes Python with uvlocal's package, which decides and becomes the real uv; if that fails, it
# becomes the first `uv` on PATH that is not ours. It is less exact than the launcher:
# - every call is decided, none is replayed;
# - the configuration beside it is trusted, no matter who can write to that file;
# - without Python, uv gets the variables that an outer uvlocal call set;
# - sh itself changes the environment: dash drops variables whose names are not identifiers, every
#   sh drops duplicates and sets PWD, bash also `_` and SHLVL, and an exported IFS is reset;
# - uv gets the path of this file as argv[0], and SIGPIPE and SIGXFSZ with their defaults;
# - if stderr is closed, bash keeps this file open in its place;
# - if the current directory was deleted, sh prints a message first;
# - a program that exists but cannot be started ends the call with the shell's message.
#
# `uvlocal install` and `uvlocal doctor` ask whether this starts.
[ $# = 1 ] && [ "$1" = --uvlocal-launcher ] && echo uvlocal-launcher-marker:1 >&2 && exit 0

# Variables have a prefix, so that the user's exported variables reach uv unchanged.
_uvlocal_self=$(command -p readlink -f "$0" 2>/dev/null) || _uvlocal_self=$0
_uvlocal_conf=${_uvlocal_self%/*}/uvlocal-launcher.conf
_uvlocal_python= _uvlocal_package= _uvlocal_uv= _uvlocal_repair='uvlocal install'
[ -f "$_uvlocal_conf" ] && [ -r "$_uvlocal_conf" ] && while IFS= read -r _uvlocal_line; do
    case $_uvlocal_line in
        'python /'*) _uvlocal_python=${_uvlocal_line#* } ;;
        'package /'*) _uvlocal_package=${_uvlocal_line#* } ;;
        'repair '*) _uvlocal_repair="${_uvlocal_line#* }\`, then \`uvlocal install" ;;
        'uv /'*) _uvlocal_uv=${_uvlocal_line#* } ;;
    esac
done <"$_uvlocal_conf"

# A wrapper of uv that calls us again would loop forever. The launcher uses the same counter.
_uvlocal_depth=${UVLOCAL_LOOP##*:}
case $_uvlocal_depth in '' | *[!0-9]* | 0?* | ????*) _uvlocal_depth=0 ;; esac
# uv stops by its own count with its own message, so its levels are added to the limit.
_uvlocal_counted=${UV_RUN_RECURSION_DEPTH-}
case $_uvlocal_counted in '' | *[!0-9]* | 0?* | ?????*) _uvlocal_counted=0 ;; esac
if [ "$_uvlocal_depth" -ge $((_uvlocal_counted + 100)) ]; then
    echo 'error: endless loop: calls are nested more than 100 deep' >&2
    exit 127
fi
export UVLOCAL_LOOP="$$:1:$((_uvlocal_depth + 1))"

# `launch.py` documents `sys.argv`; the flag `L` says that LC_CTYPE is absent. If Python fails, it
# becomes this file again, and sets UVLOCAL_FAILED.
if [ -z "${UVLOCAL_FAILED-}" ] && [ -x "$_uvlocal_python" ] && [ -d "$_uvlocal_package" ]; then
    [ -n "${LC_CTYPE+x}" ] && _uvlocal_flags=- || _uvlocal_flags=L
    exec "$_uvlocal_python" -I -S -X utf8 -c "import sys
from _frozen_importlib_external import SourceFileLoader as L
try:
 m=type(sys)('uvlocal.shim.launch')
 L(m.__name__,sys.argv[1]+'/uvlocal/shim/launch.py').exec_module(m)
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
os.putenv('UVLOCAL_FAILED','1')
os.execv(sys.argv[2],[sys.argv[4] or 'uv']+sys.argv[5:])" \
        "$_uvlocal_package" "$_uvlocal_self" "$_uvlocal_flags" "$0" "$@"
fi
unset UVLOCAL_FAILED

# In a subshell, so that a closed pipe does not stop uv.
case ${UVLOCAL_QUIET-} in '' | 0) ;; *) false ;; esac && (
    echo "warning: uvlocal's Python or package is gone or damaged; running the real uv unchanged"
    echo "hint: run \`$_uvlocal_repair\` to repair this, or delete \`$_uvlocal_self\` to remove the shim"
) >&2
_uvlocal_rest=${PATH-}:${_uvlocal_uv%/*}:
case ${_uvlocal_self##*/} in uvx) _uvlocal_name=uvx ;; *) _uvlocal_name=uv ;; esac
if [ -n "${UVLOCAL_UV-}" ]; then
    [ $_uvlocal_name = uvx ] || exec "$UVLOCAL_UV" "$@"
    _uvlocal_rest=${UVLOCAL_UV%/*}:$_uvlocal_rest
fi
while [ -n "$_uvlocal_rest" ]; do
    _uvlocal_try=${_uvlocal_rest%%:*}/$_uvlocal_name
    _uvlocal_rest=${_uvlocal_rest#*:}
    # A relative entry depends on the current directory, which may be untrusted.
    case $_uvlocal_try in /uv | /uvx | [!/]*) continue ;; esac
    [ -f "$_uvlocal_try" ] && [ -x "$_uvlocal_try" ] || continue
    command -p grep -q 'uvlocal-launcher-marker:1' "$_uvlocal_try" || exec "$_uvlocal_try" "$@"
done
echo "error: no $_uvlocal_name found on \`PATH\`" >&2
echo 'hint: install uv, or set `UVLOCAL_UV` to the path of the real uv' >&2
exit 127
