// SPDX-License-Identifier: Apache-2.0
//
// The system calls that Swift cannot make: variadic, or between fork and exec.
// Functions return -1 and set errno as system calls do.

#ifndef FALLOW_RECORD_SYSTEM_H
#define FALLOW_RECORD_SYSTEM_H

#include "FallowEvent.h"

// The ELF object with the BPF programs.
const unsigned char *fallow_programs(void);
unsigned long fallow_programs_size(void);

// bpf(2): map types of `enum bpf_map_type`.
int fallow_map_create(fallow_u32 type, fallow_u32 key_size,
		      fallow_u32 value_size, fallow_u32 entries,
		      const char *name);
int fallow_map_update(int map, const void *key, const void *value);
int fallow_map_lookup(int map, const void *key, void *value);
// Loads a program for kprobes. Where the kernel refuses it, `log` receives
// the verifier's log.
int fallow_program_load(const fallow_u64 *instructions, fallow_u32 count,
			const char *license, const char *name, char *log,
			fallow_u32 log_size);

// perf_event_open(2): a kprobe at an address that runs `program`.
int fallow_probe_open(fallow_u32 type, fallow_u64 config, fallow_u64 address,
		      int program);

// The ring's positions, which the kernel reads and writes.
fallow_u64 fallow_load_acquire(const void *position);
fallow_u32 fallow_load_acquire_header(const void *position);
void fallow_store_release(void *position, fallow_u64 value);

// The system call that the self-test probes.
void fallow_self_test(void);

// Blocks SIGINT, SIGTERM and SIGCHLD, which fallow_wait_signal() waits for.
int fallow_block_signals(void);
// Waits for one of them; 0 if none came in time.
int fallow_wait_signal(int milliseconds);

// Starts a command that ends with this process. Returns its process, or the
// negative error number.
int fallow_spawn(char *const arguments[]);
// How a command ended: its exit status, or 128 plus the signal; -1 if it has
// not ended.
int fallow_status(int process);

#endif
