"""Walls round the process that calls `shut_in`: what Linux gives without privileges, and more where there are some.

Standard library alone; loaded by child.py in a bare interpreter. In this order: namespaces of its own (network, processes, mounts,
users) with everything read-only but an empty folder in memory; Landlock (https://docs.kernel.org/userspace-api/landlock.html), by
which files are written below that folder alone and read only where Python lies; no capabilities; limits; and a system call filter (seccomp)
without sockets, new processes, new programs, and whatever touches other processes or the machine. Each wall that cannot be
built is left out and not named in the result; whoever runs the program decides whether those that stand are enough.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
import sysconfig

NEW_MOUNTS, NEW_NAMES, NEW_IPC, NEW_USER, NEW_PROCESSES, NEW_NETWORK = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
NOBODY = 65534
# system calls that answer "not permitted": their numbers on x86_64 and aarch64 (-1: it has none)
DENIED = {
    "socket": (41, 198), "fork": (57, -1), "vfork": (58, -1), "execve": (59, 221), "execveat": (322, 281), "setsid": (112, 157), "setpgid": (109, 154),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "migrate_pages": (256, 238), "move_pages": (279, 239), "setpriority": (141, 140),
    "sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "sched_setaffinity": (203, 122), "ioprio_set": (251, 30),
    "semget": (64, 190), "msgget": (68, 186), "shmget": (29, 194), "mq_open": (240, 180), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "truncate": (76, 45), "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, -1), "fchown": (93, 55),
    "lchown": (94, -1), "fchownat": (260, 54), "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88), "mknod": (133, -1),
    "mknodat": (259, 33), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16), "setxattrat": (463, 463), "removexattrat": (466, 466), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "unshare": (272, 97), "setns": (308, 268), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "quotactl": (179, 60), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "reboot": (169, 142),
    "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "iopl": (172, -1), "ioperm": (173, -1), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
}  # fmt: skip
CLONE, CLONE3, KILL, TGKILL, PRLIMIT, ARCH = (56, 220), (435, 435), (62, 129), (234, 131), (302, 261), (0xC000003E, 0xC00000B7)
MACHINES = {"x86_64": 0, "aarch64": 1}
WRITES = {1: 0x1FF2, 2: 0x3FF2, 3: 0x7FF2, 5: 0xFFF2}  # rights of Landlock's versions that change something, and running files
READS = 0b1100  # read a file, list a folder

libc = ctypes.CDLL(None, use_errno=True)


def shut_in(work: str, *, memory: int, cpu_s: int, file_bytes: int, files: int, threads: int) -> list[str]:
    """Shut this process in, for good, and return the names of the walls that stand.

    Args:
        work: an empty folder, the only one it may write in from now on; it becomes the current one.
        memory: bytes of address space.
        cpu_s: seconds of processor time.
        file_bytes: of one file; with namespaces the folder holds 16 times as much in all.
        files: open at once.
        threads: of this process, where it has namespaces; elsewhere the address space bounds them.
    """
    walls = []
    outside = os.geteuid()
    if _own_namespaces(outside):
        walls += ["network namespace", "process namespace"]
        if _read_only_but(work, 16 * file_bytes):
            walls.append("read-only mounts")
    if outside == 0 and _becomes_nobody(work):
        walls.append("user nobody")
    os.chdir(work)
    limits = [(resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, cpu_s), (resource.RLIMIT_FSIZE, file_bytes), (resource.RLIMIT_NOFILE, files), (resource.RLIMIT_CORE, 0)]
    if walls:
        limits.append((resource.RLIMIT_NPROC, threads))  # without a namespace all that the user runs would count
    for what, most in limits:
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most, most) if hard == resource.RLIM_INFINITY or most <= hard else (hard, hard))
    walls.append("limits")
    libc.prctl(38, 1, 0, 0, 0)  # no new privileges
    if _landlock(work):
        walls.append("landlock")
    if _drop_capabilities():
        walls.append("no capabilities")
    if _filter_calls():
        walls.append("seccomp")
    return walls


def _own_namespaces(uid: int) -> bool:
    """New namespaces, in which this goes on as a child; the parent waits for it and ends as it does."""
    wanted = NEW_MOUNTS | NEW_NAMES | NEW_IPC | NEW_PROCESSES | NEW_NETWORK
    gid = os.getegid()
    if uid != 0 or libc.unshare(wanted):
        if libc.unshare(wanted | NEW_USER):
            return False
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            try:
                with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:  # noqa: PTH123 - no pathlib in the bare interpreter
                    stream.write(text)
            except OSError:  # an older kernel has no setgroups; without the maps mounts fail and are not claimed
                continue
    _go_on_as_child()
    _go_on_as_child()  # the first of a process namespace is deaf to signals, so that no limit would end it
    return True


def _go_on_as_child() -> None:
    """Fork; the parent does nothing but wait."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os._exit(0)
    libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # end with the parent


def _read_only_but(work: str, size: int) -> bool:
    """All that is mounted read-only, with an empty memory file system at `work`, and nothing to be seen of other processes."""
    attributes = struct.pack("=QQQQ", 1 | 2, 0, 0, 0)  # read-only, no set-user-id
    sealed = not libc.mount(b"none", b"/", None, 0x44000, None) and not libc.syscall(442, -100, b"/", 0x8000, attributes, len(attributes))
    if not sealed:
        return False
    for folder, options in ((work, f"size={size},nr_inodes=1000,mode=777"), ("/proc", "size=4k,nr_inodes=2"), ("/sys", "size=4k,nr_inodes=2")):
        flags = 2 | 4 | 8 | (0 if folder == work else 1)  # no set-user-id, no devices, no programs, read-only
        if libc.mount(b"tmpfs", folder.encode(), b"tmpfs", flags, options.encode()) and folder == work:
            return False
    return True


def _becomes_nobody(work: str) -> bool:
    """Give up root for a user who owns nothing, where he can read Python."""
    try:
        os.chown(work, NOBODY, NOBODY)
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
        readable = all(os.access(path, os.R_OK, effective_ids=True) for path in (os.__file__, struct.__file__, sys.executable))
        os.seteuid(0)
        os.setegid(0)
        if not readable:
            return False
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except (OSError, NotImplementedError):
        return False
    return True


def _landlock(work: str) -> bool:
    version = libc.syscall(444, None, 0, 1)
    if version < 1:
        return False
    changes = WRITES[max(known for known in WRITES if known <= version)]
    handled = changes | READS
    ruleset = libc.syscall(444, struct.pack("=Q", handled), 8, 0)
    if ruleset < 0:
        return False
    python = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path, *sysconfig.get_paths().values(), "/usr", "/lib", "/lib64"}
    rules = [(work, handled & ~(1 << 0 | 1 << 6 | 1 << 11)), *((path, READS) for path in python if path)]
    rules += [(path, READS) for path in ("/etc/ld.so.cache", "/etc/localtime", "/dev/urandom", "/dev/random", "/dev/zero")]
    rules.append(("/dev/null", READS | 1 << 1))
    for path, rights in rules:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        of_files = rights if os.path.isdir(path) else rights & ~(1 << 3)  # noqa: PTH112
        libc.syscall(445, ruleset, 1, struct.pack("=Qi", of_files, place), 0)
        os.close(place)
    done = libc.syscall(446, ruleset, 0) == 0
    os.close(ruleset)
    return done


def _drop_capabilities() -> bool:
    header, none = struct.pack("=Ii", 0x20080522, 0), bytes(24)
    number = {"x86_64": 126, "aarch64": 91}.get(platform.machine())
    return number is not None and libc.syscall(number, header, none) == 0


def _filter_calls() -> bool:
    """Install the system call filter; it cannot be taken off again."""
    machine = MACHINES.get(platform.machine())
    if machine is None or sys.byteorder != "little" or struct.calcsize("P") != 8:
        return False
    code = b"".join(struct.pack("=HBBI", *line) for line in filter_program(machine, os.getpid()))
    buffer = ctypes.create_string_buffer(code)
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer)))
    return libc.prctl(22, 2, program, 0, 0) == 0


def filter_program(machine: int, pid: int) -> list[tuple[int, int, int, int]]:
    """The filter as instructions of the packet filter machine: (code, jump if so, jump if not, value).

    Args:
        machine: 0: x86_64, 1: aarch64.
        pid: of this process, as it sees itself.
    """
    allow, deny, missing, kill = (6, 0, 0, 0x7FFF0000), (6, 0, 0, 0x50001), (6, 0, 0, 0x50026), (6, 0, 0, 0x80000000)
    load_call, load_first = (0x20, 0, 0, 0), (0x20, 0, 0, 16)
    found = [(0x20, 0, 0, 4), (0x15, 1, 0, ARCH[machine]), kill, load_call, (0x35, 0, 1, 0x40000000), deny]  # no calls of the x32 interface either
    for numbers in DENIED.values():
        if numbers[machine] >= 0:
            found += [(0x15, 0, 1, numbers[machine]), deny]
    found += [(0x15, 0, 1, CLONE3[machine]), missing]  # so that libc takes clone, whose flags can be read
    found += [(0x15, 0, 4, CLONE[machine]), load_first, (0x45, 0, 1, 0x10000), allow, deny]  # threads alone
    for own, number in ((pid, KILL[machine]), (pid, TGKILL[machine]), (0, PRLIMIT[machine])):  # itself alone
        found += [(0x15, 0, 4, number), load_first, (0x15, 0, 1, own), allow, deny]
    return [*found, allow]
