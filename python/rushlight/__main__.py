"""``python -m rushlight script.py``: an unchanged PyTorch script on rushlight."""

import os
import runpy
import sys


def main(arguments):
    """Run a script, ``-m module`` or ``-c code`` with ``torch`` answered by rushlight, here and in processes it starts."""
    if not arguments:
        sys.exit("usage: python -m rushlight script.py [arguments] | -m module [arguments] | -c code | -")
    stand_in = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_as_torch")
    sys.path.insert(0, stand_in)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [stand_in, os.environ.get("PYTHONPATH")]))
    for name in [n for n in sys.modules if n == "torch" or n.startswith("torch.")]:
        del sys.modules[name]
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    elif arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    elif arguments[0] == "-":
        sys.argv = arguments
        exec(compile(sys.stdin.read(), "<stdin>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = arguments
        path = os.path.abspath(arguments[0])
        if not os.path.exists(path):
            print(f"{sys.executable}: can't open file {path!r}: [Errno 2] No such file or directory", file=sys.stderr)
            sys.exit(2)
        sys.path.insert(0, os.path.dirname(path))
        # as the interpreter has it: argv as given, __file__ absolute
        runpy.run_path(path, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
