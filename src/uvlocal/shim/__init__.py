"""On the way of every `uv` call.

The way of a call can be read from the names:

    launch -> request -> project -> volume -> decide -> uv

The rule of this package: it imports only modules that are built into the interpreter or frozen
in it, and each further import stands in the one function that needs it. What every call needs
(`recall.bytecode.MODULES`) imports not even `os`, but the system's calls alone
(`machine.early_os`). A test holds this over every module (`tests/shim/test_imports.py`).
Nothing here starts a program or lists a directory of the project to reach a decision; the one
exception, asking the real uv for its version, is in `uv.versions`.
"""
