#!/bin/sh
# uvlocal's shim for systems that no native launcher fits: what stands on PATH as `uv`.
# uvlocal-launcher-marker:1 (every shim of ours carries this, so that a copy is known for one)
#
# It does what launcher.c does, in the same order: read the configuration beside this file, stop
# if this process goes round in circles, become Python with uvlocal's package, and where that
# cannot be done give back the user's environment and become the real uv.
#
# What sh cannot keep exactly:
# - the environment: dash drops variables whose names are no identifiers (`INPUT_NODE-VERSION`,
#   `BASH_FUNC_x%%`), every sh drops duplicates and sets PWD, bash also `_` and SHLVL, and an
#   exported IFS becomes the default one;
# - argv[0]: uv gets the path of this file;
# - descriptors: where stderr is closed, bash keeps this file open in its place;
# - stderr: where the current directory has been deleted, every sh says so first;
# - signals: sh cannot see which were ignored, so SIGPIPE and SIGXFSZ come out with their defaults;
# - a program that is there but cannot be started (its own interpreter is gone, say) ends the call
#   with the shell's message: after a failed `exec` no sh goes on.
#
# shellcheck disable=SC2016 # backticks in messages are no command substitution
# shellcheck disable=SC2154 # some variables are assigned by `eval`
# shellcheck disable=SC3013 # where `-ef` is unknown, the marker still tells what is ours
#
# All variables begin with `_uvlocal_`: one of another name could be an exported one of the user's,
# and uv would get ours instead.

# -- talk ------------------------------------------------------------------------------------------

# SIGPIPE is ignored meanwhile: a reader that has gone must not stop uv.
_uvlocal_say() {
    trap '' PIPE
    printf '%s\n' "$@" >&2 2>/dev/null
    trap - PIPE
}

_uvlocal_fail() {
    _uvlocal_say "$@"
    exit 127
}

_uvlocal_warn() {
    case ${UVLOCAL_QUIET-} in '' | 0) ;; *) return ;; esac
    _uvlocal_say "warning: $_uvlocal_trouble; running the real uv unchanged" \
        "hint: run \`uvlocal install\` to mend this, or delete \`$_uvlocal_self\` to be rid of it"
}

# -- the configuration -----------------------------------------------------------------------------

# Sets _uvlocal_self to this file's absolute path, links resolved. The `x` keeps newlines at the
# end of a path, which command substitution would cut off, and `./` keeps CDPATH out.
_uvlocal_find_self() {
    case $1 in
        /*) _uvlocal_self=$1 ;;
        *) _uvlocal_self=./$1 ;;
    esac
    _uvlocal_links=0
    while [ -L "$_uvlocal_self" ] && [ "$_uvlocal_links" -lt 40 ]; do
        _uvlocal_links=$((_uvlocal_links + 1))
        _uvlocal_target=$(command -p readlink "$_uvlocal_self" 2>/dev/null && printf x) || return
        _uvlocal_target=${_uvlocal_target%?x}
        case $_uvlocal_target in
            /*) _uvlocal_self=$_uvlocal_target ;;
            *) _uvlocal_self=${_uvlocal_self%/*}/$_uvlocal_target ;;
        esac
    done
    _uvlocal_folder=$(cd "${_uvlocal_self%/*}/" 2>/dev/null && pwd -P && printf x) || return
    _uvlocal_folder=${_uvlocal_folder%?x}
    _uvlocal_self=${_uvlocal_folder%/}/${_uvlocal_self##*/}
}

# Says whether nobody but this user and root can have written the file, and whether it is small.
# Takes the words of `ls -ln`: mode, links, owner, group, size.
_uvlocal_is_trusted() {
    case $1 in
        -????-??-*) ;;
        *)
            _uvlocal_trouble='can be written by others'
            return 1
            ;;
    esac
    if [ "$3" != 0 ] && ! [ -O "$_uvlocal_conf" ]; then
        _uvlocal_trouble='belongs to somebody else'
        return 1
    fi
    [ "$5" -le 65536 ] 2>/dev/null
}

# Takes the lines `key value`; what is unknown or no absolute path is passed over, and so is a last
# line without its newline: half a path, left by a full disk, is none.
_uvlocal_read_lines() {
    IFS= read -r _uvlocal_line || return
    [ "$_uvlocal_line" = 'uvlocal 1' ] || return
    while IFS= read -r _uvlocal_line; do
        case $_uvlocal_line in
            'python /'*) _uvlocal_python=${_uvlocal_line#* } ;;
            'package /'*) _uvlocal_package=${_uvlocal_line#* } ;;
            'uv /'*) _uvlocal_uv=${_uvlocal_line#* } ;;
        esac
    done
    [ -n "$_uvlocal_python" ] && [ -n "$_uvlocal_package" ]
}

_uvlocal_read_configuration() {
    _uvlocal_trouble='is missing'
    [ -e "$_uvlocal_conf" ] || return
    _uvlocal_trouble='is damaged'
    [ -f "$_uvlocal_conf" ] || return
    set -f
    # shellcheck disable=SC2046 # the words of the line are wanted one by one
    set -- $(command -p ls -Lln "$_uvlocal_conf" 2>/dev/null)
    set +f
    _uvlocal_is_trusted "$1" "$2" "$3" "$4" "$5" || return
    _uvlocal_trouble='cannot be read'
    [ -r "$_uvlocal_conf" ] || return
    _uvlocal_trouble='is damaged'
    _uvlocal_read_lines <"$_uvlocal_conf" && _uvlocal_trouble=
}

# -- the real uv -----------------------------------------------------------------------------------

# Says whether a file is a shim of ours: this one, or a small one with the marker.
_uvlocal_is_ours() {
    [ "$1" -ef "$_uvlocal_self" ] 2>/dev/null && return
    [ -r "$1" ] && [ "$(command -p wc -c <"$1")" -le 262144 ] || return
    LC_ALL=C command -p grep -q 'uvlocal-launcher-marker:1' <"$1"
}

# Looks at one place, given before uv's arguments. Returns 0 if the real uv is there and was only
# to be named, as _uvlocal_found.
_uvlocal_try_place() {
    _uvlocal_place=$1
    shift
    _uvlocal_rejected=
    if ! { [ -f "$_uvlocal_place" ] && [ -x "$_uvlocal_place" ]; }; then
        if [ -e "$_uvlocal_place" ] || [ -L "$_uvlocal_place" ]; then
            _uvlocal_rejected='is not an executable file'
        fi
    elif _uvlocal_is_ours "$_uvlocal_place"; then
        _uvlocal_rejected="is uvlocal's own shim"
    elif [ -n "$_uvlocal_only_name" ]; then
        _uvlocal_found=$_uvlocal_place
        return 0
    else
        exec "$_uvlocal_place" "$@"
    fi
    _uvlocal_tried="$_uvlocal_tried
  $_uvlocal_place${_uvlocal_rejected:+ ($_uvlocal_rejected)}"
    return 1
}

# Looks through PATH. A relative folder means the current one, which may be anybody's: no uv is
# taken from there.
_uvlocal_try_path() {
    _uvlocal_rest=${PATH-}:
    while [ -n "$_uvlocal_rest" ]; do
        _uvlocal_entry=${_uvlocal_rest%%:*}
        _uvlocal_rest=${_uvlocal_rest#*:}
        case $_uvlocal_entry in
            /*) _uvlocal_try_place "${_uvlocal_entry%/}/uv" "$@" && return 0 ;;
        esac
    done
    return 1
}

# An explicit wish is not silently replaced.
_uvlocal_search() {
    _uvlocal_tried=
    _uvlocal_found=
    if [ -z "${UVLOCAL_UV-}" ]; then
        _uvlocal_try_path "$@" && return
        [ -z "$_uvlocal_uv" ] || _uvlocal_try_place "$_uvlocal_uv" "$@"
    else
        _uvlocal_wish=$UVLOCAL_UV
        case $_uvlocal_wish in
            */*) ;;
            *) _uvlocal_wish=./$_uvlocal_wish ;; # `exec` would look for it on PATH
        esac
        _uvlocal_try_place "$_uvlocal_wish" "$@" || [ -n "$_uvlocal_only_name" ] && return
        _uvlocal_fail "error: \`UVLOCAL_UV\` names \`$UVLOCAL_UV\`, which \
${_uvlocal_rejected:-does not exist}" '' \
            'hint: set `UVLOCAL_UV` to the path of the real uv, or unset it'
    fi
}

# The one hard error.
_uvlocal_fail_without_uv() {
    [ -n "$_uvlocal_tried" ] || _uvlocal_tried='
  `PATH` has no usable folder'
    _uvlocal_fail "error: no uv found, these places were tried:$_uvlocal_tried" '' \
        'hint: install uv (https://docs.astral.sh/uv/getting-started/installation/), or set'\
' `UVLOCAL_UV` to the path of the real one'
}

# What an outer call of uvlocal set is taken back: a variable that has the value which we set gets
# the one the user had, or goes.
_uvlocal_restore_environment() {
    for _uvlocal_name in UV_PROJECT_ENVIRONMENT VIRTUAL_ENV UV_NO_INSTALLER_METADATA \
        UV_LINK_MODE; do
        eval "_uvlocal_now=\${$_uvlocal_name+x\$$_uvlocal_name}"
        eval "_uvlocal_set=\${UVLOCAL_SET_$_uvlocal_name+x\$UVLOCAL_SET_$_uvlocal_name}"
        eval "_uvlocal_had=\${UVLOCAL_HAD_$_uvlocal_name+x\$UVLOCAL_HAD_$_uvlocal_name}"
        if [ -n "$_uvlocal_set" ] && [ "$_uvlocal_now" = "$_uvlocal_set" ]; then
            unset "$_uvlocal_name"
            [ -z "$_uvlocal_had" ] || export "$_uvlocal_name=${_uvlocal_had#x}"
        fi
        unset "UVLOCAL_SET_$_uvlocal_name" "UVLOCAL_HAD_$_uvlocal_name"
    done
}

# -- the guard against loops -----------------------------------------------------------------------

# UVLOCAL_LOOP is PID:PASSES:DEPTH. `exec` keeps the process number, so a loop of two programs that
# become each other shows in PASSES; one that starts new processes shows in DEPTH.
_uvlocal_count_passage() {
    _uvlocal_passes=1
    _uvlocal_depth=1
    _uvlocal_rest=${UVLOCAL_LOOP-}:
    for _uvlocal_part in process passes depth; do
        _uvlocal_number=${_uvlocal_rest%%:*}
        _uvlocal_rest=${_uvlocal_rest#*:}
        case $_uvlocal_number in
            '' | *[!0-9]* | 0?* | ???????????*) return ;;
        esac
        eval "_uvlocal_last_$_uvlocal_part=\$_uvlocal_number"
    done
    [ -z "$_uvlocal_rest" ] || return
    if [ "$_uvlocal_last_process" = "$$" ] && [ "$_uvlocal_last_passes" -gt 0 ]; then
        _uvlocal_passes=$((_uvlocal_last_passes + 1))
        _uvlocal_depth=$_uvlocal_last_depth
    else
        _uvlocal_depth=$((_uvlocal_last_depth + 1))
    fi
}

_uvlocal_fail_in_circles() {
    _uvlocal_only_name=yes
    _uvlocal_search
    [ -n "$_uvlocal_found" ] || _uvlocal_fail_without_uv
    _uvlocal_way="\`$_uvlocal_self\` starts \`$_uvlocal_found\`"
    _uvlocal_fail "error: uv goes round in circles: $_uvlocal_way, $1" '' \
        "hint: look at what \`$_uvlocal_found\` starts, or set \`UVLOCAL_UV\` to the path of the"\
' real uv'
}

_uvlocal_guard_against_loops() {
    _uvlocal_count_passage
    if [ "$_uvlocal_depth" -gt 100 ]; then
        _uvlocal_fail_in_circles 'and calls are nested more than 100 deep'
    elif [ "$_uvlocal_passes" -gt 5 ]; then
        _uvlocal_fail_in_circles 'which starts the former again'
    fi
    export UVLOCAL_LOOP="$$:$_uvlocal_passes:$_uvlocal_depth"
}

# -- the story -------------------------------------------------------------------------------------

# Becomes Python; returns where that cannot be done. `sys.argv` is -c, PACKAGE, LAUNCHER, FLAGS,
# ARGV0, ARGUMENTS... The flag L tells that LC_CTYPE was absent: CPython sets it in a C locale.
_uvlocal_try_python() {
    if ! { [ -f "$_uvlocal_python" ] && [ -x "$_uvlocal_python" ]; }; then
        _uvlocal_trouble="uvlocal's Python \`$_uvlocal_python\` is gone"
    elif ! [ -r "$_uvlocal_package/uvlocal/shim/launch.py" ]; then
        _uvlocal_trouble="uvlocal's package in \`$_uvlocal_package\` is gone"
    else
        _uvlocal_flags=-
        [ -n "${LC_CTYPE+x}" ] || _uvlocal_flags=L
        _uvlocal_stub="import sys
from _frozen_importlib_external import SourceFileLoader as L
try:
 m=type(sys)('uvlocal.shim.launch')
 L(m.__name__,sys.argv[1]+'/uvlocal/shim/launch.py').exec_module(m)
 m.main()
except Exception:
 import os
 if os.environ.get('UVLOCAL_TRACE','0') not in ('','0'):sys.excepthook(*sys.exc_info())
import os
if os.name=='nt':os._exit(1431718982)
import _signal as s
f,k,v=sys.argv[3].partition('=')
'P' in f or s.signal(s.SIGPIPE,s.SIG_DFL)
'X' in f or s.signal(s.SIGXFSZ,s.SIG_DFL)
if 'L' in f:os.unsetenv('LC_CTYPE')
if k:os.putenv('LC_CTYPE',bytes.fromhex(v))
os.putenv('UVLOCAL_FAILED','1')
os.execv(sys.argv[2],[sys.argv[4] or 'uv']+sys.argv[5:])"
        exec "$_uvlocal_python" -I -S -X utf8 -c "$_uvlocal_stub" \
            "$_uvlocal_package" "$_uvlocal_self" "$_uvlocal_flags" "$_uvlocal_called" "$@"
    fi
}

_uvlocal_python=
_uvlocal_package=
_uvlocal_uv=
_uvlocal_only_name=
_uvlocal_called=$0
_uvlocal_find_self "$0"
_uvlocal_conf=${_uvlocal_self%/*}/uvlocal-launcher.conf
_uvlocal_read_configuration
[ -z "$_uvlocal_trouble" ] || _uvlocal_trouble="\`$_uvlocal_conf\` $_uvlocal_trouble"

_uvlocal_guard_against_loops
if [ -n "${UVLOCAL_FAILED+x}" ]; then # Python became this script again
    unset UVLOCAL_FAILED
    [ -n "$_uvlocal_trouble" ] ||
        _uvlocal_trouble="uvlocal's package in \`$_uvlocal_package\` is damaged"
fi
[ -n "$_uvlocal_trouble" ] || _uvlocal_try_python "$@"
_uvlocal_warn
_uvlocal_restore_environment
_uvlocal_search "$@"
_uvlocal_fail_without_uv
