"""The code that runs in every `uv` call.

A call passes through these modules in order:

    launch -> request -> project -> volume -> decide -> uv

This package imports only modules that are built into the interpreter or frozen in it. Any other
import belongs in the one function that needs it. The modules that every call needs
(`recall.bytecode.MODULES`) do not even import `os`, only the system calls
(`machine.early_os`). `tests/shim/test_imports.py` checks this for every module.
Nothing here starts a program or lists a project directory to reach a decision. The one exception
is asking the real uv for its version, in `uv.versions`.
"""
