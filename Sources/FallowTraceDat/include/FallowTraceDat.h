// SPDX-License-Identifier: Apache-2.0
//
// Text of a trace.dat file, made by libtracecmd.

#ifndef FALLOW_TRACE_DAT_H
#define FALLOW_TRACE_DAT_H

// Why no file can be read, in words; null if files can be.
const char *fallow_trace_dat_missing(void);

// Starts a process that writes what `trace-cmd report -t -i path` prints, and
// returns the descriptor to read it from; -1 with errno if it cannot be started.
// The process ends with status 0 if the whole file was written. The caller waits
// for it, after it has closed the descriptor or read to its end.
int fallow_trace_dat_start(const char *path, int *process);

#endif
