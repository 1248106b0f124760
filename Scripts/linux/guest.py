#!/usr/bin/env python3
"""Boots a kernel under QEMU and runs a job in it.

usage: guest.py KERNEL INITRAMFS JOB RECORDING [QEMU ARGUMENT...]

The guest's console goes to standard output, its second serial port to the file
RECORDING. A line `QMP {"execute": ...}` of the console is passed to QEMU: the
guest plugs and unplugs its own memory so. Environment: CPUS (2), MEMORY (2G),
APPEND (kernel parameters), TIMEOUT (seconds, 900), ICOUNT (what QEMU's option
-icount is given: its clock counts instructions). Exit status: the job's.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile


class Monitor:
    """QEMU's monitor, connected when it is first needed."""

    def __init__(self, path):
        self.path = path
        self.stream = None

    def send(self, command):
        if self.stream is None:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self.path)
            self.stream = connection.makefile("rw")
            self.stream.readline()
            self.send({"execute": "qmp_capabilities"})
        self.stream.write(json.dumps(command) + "\n")
        self.stream.flush()
        while True:
            answer = json.loads(self.stream.readline())
            if "return" in answer:
                return
            if "error" in answer:
                print("QMP:", command, answer["error"]["desc"], flush=True)
                return


def arguments(kernel, initramfs, job, recording, monitor, more):
    append = (
        "console=ttyS0 panic=-1 quiet tsc=reliable no_timer_check "
        f"{os.environ.get('APPEND', '')} job={job} "
    )
    threads = "multi"
    if "ICOUNT" in os.environ:
        threads = "single"
        more = ["-icount", os.environ["ICOUNT"]] + more
    return [
        "timeout", os.environ.get("TIMEOUT", "900"), "qemu-system-x86_64",
        "-machine", "q35", "-accel", f"tcg,thread={threads}",
        "-cpu", os.environ.get("CPU", "max,la57=off"),
        "-smp", os.environ.get("CPUS", "2"),
        "-m", os.environ.get("MEMORY", "2G"),
        "-display", "none", "-no-reboot", "-nodefaults",
        "-serial", "stdio", "-serial", f"file:{recording}",
        "-qmp", f"unix:{monitor},server=on,wait=off",
        "-kernel", kernel, "-initrd", initramfs, "-append", append,
    ] + more


def main():
    if len(sys.argv) < 5:
        print(__doc__, file=sys.stderr)
        return 2
    kernel, initramfs, job, recording = sys.argv[1:5]
    status = 1
    with tempfile.TemporaryDirectory() as folder:
        monitor = Monitor(os.path.join(folder, "monitor"))
        process = subprocess.Popen(
            arguments(
                kernel, initramfs, job, recording, monitor.path, sys.argv[5:]),
            stdout=subprocess.PIPE, text=True, errors="replace")
        for line in process.stdout:
            if line.startswith("QMP "):
                monitor.send(json.loads(line[4:]))
                continue
            print(line, end="", flush=True)
            if line.startswith("GUEST: status "):
                status = int(line.split()[2])
        if process.wait() == 124:
            print("GUEST: timed out", flush=True)
            return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
