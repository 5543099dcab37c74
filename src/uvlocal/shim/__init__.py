"""On the way of every `uv` call.

The way of a call can be read from the file names:

    launch -> request -> project -> volume -> decide -> handover

The rule of this package: it imports only modules that are built into the interpreter or frozen
in it, and each further import stands in the one function that needs it. What every call needs
(`bytecode`) imports not even `os`, but the system's calls alone (`builtin`). A test holds this over
every module (`tests/shim/test_imports.py`).
Nothing here starts a program or lists a directory of the project to reach a decision; the one
exception, asking the real uv for its version, is in `uv_version`.
"""
