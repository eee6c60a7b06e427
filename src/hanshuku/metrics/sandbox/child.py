"""The process of one generated program: job on stdin, what came of it on a pipe. Started by `run`; not to be imported.

It says which walls stand before the program begins, and hands over the token only behind the last test: a program that ends the
process early, however cleanly, has passed nothing.
"""

from __future__ import annotations

import json
import os
import sys
import types


def main() -> None:
    """Read the job, shut this process in, run the program and its tests."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - no pathlib in the bare interpreter
    from walls import shut_in

    del sys.path[0]
    job = json.loads(sys.stdin.buffer.read())
    out, token = int(job["out"]), str(job["token"])
    walls = shut_in(job["work"], **job["limits"])
    say(out, {"walls": walls})
    if not all(any(wall in walls for wall in group) for group in job["needed"]):
        os._exit(0)
    write, leave, passed = os.write, os._exit, (json.dumps({"token": token}) + "\n").encode()
    failure = run(job["program"], job["tests"])
    if failure:
        say(out, {"failed": failure})
    else:
        write(out, passed)
    leave(0)


def run(program: str, tests: list[str]) -> str:
    """Run them one after the other in one module; "" or why it is not right."""
    module = types.ModuleType("program")  # not __main__: what stands behind that guard is no part of the answer
    sys.modules["program"] = module
    where = "program"
    try:
        exec(compile(program, "program", "exec"), module.__dict__)  # noqa: S102 - behind walls
        for i, test in enumerate(tests, 1):
            where = f"test {i}"
            exec(compile(test, where, "exec"), module.__dict__)  # noqa: S102
    except BaseException as error:  # noqa: BLE001 - SystemExit and whatever else it throws: it did not pass
        try:
            return f"{where}: {type(error).__name__}: {error}"[:300]
        except BaseException:  # noqa: BLE001 - an error that cannot be printed
            return f"{where}: {type(error).__name__}"
    return ""


def say(out: int, what: dict[str, object]) -> None:
    """A line for whoever waits."""
    os.write(out, (json.dumps(what) + "\n").encode())


if __name__ == "__main__":
    main()
