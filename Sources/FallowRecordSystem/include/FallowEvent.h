// SPDX-License-Identifier: Apache-2.0 OR BSD-2-Clause
//
// What the BPF programs and the recorder share: the events in the ring, the
// settings, and the names of kinds. Included by both, so that they cannot
// disagree.

#ifndef FALLOW_EVENT_H
#define FALLOW_EVENT_H

typedef unsigned long long fallow_u64;
typedef unsigned int fallow_u32;

// What happened. `fallow_kind_count` is one more than the last.
enum fallow_kind {
	FALLOW_SELF_TEST,
	FALLOW_FREE,		// kpt_free
	FALLOW_FREE_AT_ONCE,	// now_free
	FALLOW_WORK,		// kpt_work
	FALLOW_WORK_END,	// kpt_work_ret
	FALLOW_TAKEN,		// kpt_splice
	FALLOW_INVALIDATE,	// kva_inval
	FALLOW_INVALIDATED,	// kva_inval_ret
	FALLOW_LINKED,		// kpt_linked
	FALLOW_RELEASE,		// kpt_page_free
};

// Whether an entry names a frame.
enum fallow_naming {
	FALLOW_NAMING_UNKNOWN,
	FALLOW_NAMING_NO,
	FALLOW_NAMING_YES,
};

#define FALLOW_STACK_DEPTH 12

// What is known of a table. An address of 0 is unknown, and so is a level of
// 0. `entry` and `value` are those at which the walk ended.
struct fallow_table {
	fallow_u64 descriptor, flags, address, entry, value;
	fallow_u32 type, references, order, level, naming, is_data;
};

// One event. An event that is about no table ends before `table`.
struct fallow_event {
	fallow_u64 sequence, time;
	// `count` is the programs' own.
	fallow_u32 kind, cpu, task, count;
	char command[16];
	// The range of an invalidation.
	fallow_u64 start, end;
	// Tables on their way, and how many of them were looked at.
	fallow_u64 open, looked;
	struct fallow_table table;
	// The return address of the function that was called, or the address of
	// the call.
	fallow_u64 caller;
	fallow_u64 stack[FALLOW_STACK_DEPTH];
};

// Settings that the recorder makes, and counters that the programs keep.
struct fallow_settings {
	// Where the kernel keeps its page tables, all memory, and the frames'
	// descriptors; the bit that marks encrypted memory in entries.
	fallow_u64 root, direct_map, descriptors, encryption, levels;
	// The self-test: the process that may run it, and what it walks to.
	fallow_u64 test_process, test_address[2];
	fallow_u64 sequence, lost, freed, open, untracked;
};

#endif
