# uvlocal's shim for PowerShell on Windows systems that no native launcher fits.
# uvlocal-launcher-marker:1 (every shim of ours carries this, so that a copy is known for one)
#
# It does what launcher.c does, in the same order: read the configuration beside this file, stop
# where calls are nested without end, start Python with uvlocal's package, and where that cannot be
# done give back the user's environment and start the real uv.
#
# What PowerShell cannot keep:
# - only PowerShell finds this file as `uv`: programs look for an .exe;
# - a first `--` among the arguments is taken by PowerShell itself;
# - Windows PowerShell 5 passes on no empty arguments, and quotes inside of arguments wrongly.
#
# A script runs in the process of the shell, so what it changes in the environment is changed back.

$self = $PSCommandPath
$ours = 'UV_PROJECT_ENVIRONMENT', 'VIRTUAL_ENV', 'UV_NO_INSTALLER_METADATA',
    'UV_LINK_MODE'

function Write-Talk([string] $text) {
    [Console]::Error.WriteLine($text)
}

# -- the configuration -----------------------------------------------------------------------------

# Returns the values of the file beside this one; `trouble` where it cannot be used. A line counts
# only with its line end: half a path, left by a full disk, is none.
function Read-Configuration([string] $path) {
    $values = @{}
    try {
        $lines = [IO.File]::ReadAllText($path, [Text.Encoding]::UTF8) -split "`n"
    } catch {
        return @{ trouble = "``$path`` cannot be read" }
    }
    for ($at = 1; $at -lt $lines.Length - 1; $at++) {
        $key, $value = $lines[$at] -split ' ', 2
        if ($value -and [IO.Path]::IsPathRooted($value)) { $values[$key] = $value }
    }
    if ($lines[0] -cne 'uvlocal 1' -or -not $values.python -or -not $values.package) {
        $values.trouble = "``$path`` is damaged"
    } elseif (-not (Test-Path -LiteralPath $values.python -PathType Leaf)) {
        $values.trouble = "uvlocal's Python ``$($values.python)`` is gone"
    } elseif (-not (Test-Path -LiteralPath (
                Join-Path $values.package 'uvlocal\shim\launch.py') -PathType Leaf)) {
        $values.trouble = "uvlocal's package in ``$($values.package)`` is gone"
    }
    return $values
}

# -- the real uv -----------------------------------------------------------------------------------

# Says whether a file is a shim of ours: a small one with the marker.
function Test-Shim([string] $path) {
    if ((Get-Item -LiteralPath $path -Force).Length -gt 262144) { return $false }
    return [IO.File]::ReadAllText($path, [Text.Encoding]::ASCII).Contains(
        'uvlocal-launcher-marker:1')
}

# Returns the places where the real uv may be. A relative folder on PATH means the current one,
# which may be anybody's. An explicit wish is not silently replaced.
function Get-Place([string] $recorded) {
    if ($env:UVLOCAL_UV) { return $env:UVLOCAL_UV }
    foreach ($folder in $env:PATH -split ';') {
        $folder = $folder.Trim('"')
        if ($folder -match '^([A-Za-z]:[\\/]|[\\/]{2})') { Join-Path $folder 'uv.exe' }
    }
    if ($recorded) { $recorded }
}

function Find-RealUv([string] $recorded) {
    $tried = foreach ($place in Get-Place $recorded) {
        if ((Test-Path -LiteralPath $place -PathType Leaf) -and -not (Test-Shim $place)) {
            return $place
        }
        "`n  $place"
    }
    if ($env:UVLOCAL_UV) {
        Write-Talk ("error: ``UVLOCAL_UV`` names ``$env:UVLOCAL_UV``, which is no real uv`n`n" +
            'hint: set `UVLOCAL_UV` to the path of the real uv, or unset it')
    } else {
        Write-Talk ("error: no uv found, these places were tried:$(-join $tried)`n`n" +
            'hint: install uv (https://docs.astral.sh/uv/getting-started/installation/), or set ' +
            '`UVLOCAL_UV` to the path of the real one')
    }
    return $null
}

# What an outer call of uvlocal set is taken back: a variable that has the value which we set gets
# the one the user had, or goes.
function Restore-UserEnvironment {
    foreach ($name in $ours) {
        $now = [Environment]::GetEnvironmentVariable($name)
        $set = [Environment]::GetEnvironmentVariable("UVLOCAL_SET_$name")
        $had = [Environment]::GetEnvironmentVariable("UVLOCAL_HAD_$name")
        if ($null -ne $set -and $now -ceq $set) {
            [Environment]::SetEnvironmentVariable($name, $had)
        }
        [Environment]::SetEnvironmentVariable("UVLOCAL_SET_$name", $null)
        [Environment]::SetEnvironmentVariable("UVLOCAL_HAD_$name", $null)
    }
}

# -- the story -------------------------------------------------------------------------------------

$values = Read-Configuration (Join-Path $PSScriptRoot 'uvlocal-launcher.conf')
$touched = @('UVLOCAL_LOOP') + ($ours | ForEach-Object { $_, "UVLOCAL_SET_$_", "UVLOCAL_HAD_$_" })
$before = @{}
foreach ($name in $touched) { $before[$name] = [Environment]::GetEnvironmentVariable($name) }
$code = 127
try {
    # UVLOCAL_LOOP is PID:PASSES:DEPTH, as in launcher.c; each nested call is a process of its own.
    $depth = 1
    if ($env:UVLOCAL_LOOP -match '^\d{1,10}:\d{1,10}:(\d{1,10})$') { $depth = 1 + $Matches[1] }
    $program = $null
    if ($depth -gt 100) {
        Write-Talk "error: uv goes round in circles: ``$self`` calls itself more than 100 deep"
    } elseif (-not $values.trouble) {
        $stub = @(
            "import sys"
            "from _frozen_importlib_external import SourceFileLoader as L"
            "try:"
            " m=type(sys)('uvlocal.shim.launch')"
            " L(m.__name__,sys.argv[1]+'/uvlocal/shim/launch.py').exec_module(m)"
            " m.main()"
            "except Exception:"
            " import os"
            " if os.environ.get('UVLOCAL_TRACE','0') not in ('','0'):sys.excepthook(*sys.exc_info())"
            "import os"
            "if os.name=='nt':os._exit(1431718982)"
            "import _signal as s"
            "f,k,v=sys.argv[3].partition('=')"
            "'P' in f or s.signal(s.SIGPIPE,s.SIG_DFL)"
            "'X' in f or s.signal(s.SIGXFSZ,s.SIG_DFL)"
            "if 'L' in f:os.unsetenv('LC_CTYPE')"
            "if k:os.putenv('LC_CTYPE',bytes.fromhex(v))"
            "os.putenv('UVLOCAL_FAILED','1')"
            "os.execv(sys.argv[2],[sys.argv[4] or 'uv']+sys.argv[5:])"
        ) -join "`n"
        $program = $values.python
        $words = @('-I', '-S', '-X', 'utf8', '-c', $stub, $values.package, $self, '-', 'uv') + $args
    } else {
        if (-not $env:UVLOCAL_QUIET -or $env:UVLOCAL_QUIET -eq '0') {
            Write-Talk ("warning: $($values.trouble); running the real uv unchanged`n" +
                "hint: run ``uvlocal install`` to mend this, or delete ``$self`` to be rid of it")
        }
        Restore-UserEnvironment
        $program = Find-RealUv $values.uv
        $words = $args
    }
    if ($program) {
        $env:UVLOCAL_LOOP = "${PID}:1:$depth"
        if ($MyInvocation.ExpectingInput) { $input | & $program @words } else { & $program @words }
        $code = $LASTEXITCODE
    }
} finally {
    foreach ($name in $touched) {
        [Environment]::SetEnvironmentVariable($name, $before[$name])
    }
}
exit $code
