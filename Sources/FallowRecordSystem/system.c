// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "FallowRecordSystem.h"

#include <errno.h>

#ifdef __linux__
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static fallow_u64 pointer(const void *address)
{
	return (fallow_u64)(unsigned long)address;
}

int fallow_map_create(fallow_u32 type, fallow_u32 key_size,
		      fallow_u32 value_size, fallow_u32 entries,
		      const char *name)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.map_type = type;
	a.key_size = key_size;
	a.value_size = value_size;
	a.max_entries = entries;
	strncpy(a.map_name, name, sizeof(a.map_name) - 1);
	return bpf(BPF_MAP_CREATE, &a);
}

int fallow_map_update(int map, const void *key, const void *value)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.map_fd = map;
	a.key = pointer(key);
	a.value = pointer(value);
	return bpf(BPF_MAP_UPDATE_ELEM, &a);
}

int fallow_map_lookup(int map, const void *key, void *value)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.map_fd = map;
	a.key = pointer(key);
	a.value = pointer(value);
	return bpf(BPF_MAP_LOOKUP_ELEM, &a);
}

int fallow_program_load(const fallow_u64 *instructions, fallow_u32 count,
			const char *license, const char *name, char *log,
			fallow_u32 log_size)
{
	union bpf_attr a;
	int program, error;

	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_KPROBE;
	a.insns = pointer(instructions);
	a.insn_cnt = count;
	a.license = pointer(license);
	strncpy(a.prog_name, name, sizeof(a.prog_name) - 1);
	program = bpf(BPF_PROG_LOAD, &a);
	if (program >= 0)
		return program;
	error = errno;
	a.log_buf = pointer(log);
	a.log_size = log_size;
	a.log_level = 1;
	program = bpf(BPF_PROG_LOAD, &a);
	errno = error;
	return program;
}

int fallow_probe_open(fallow_u32 type, fallow_u64 config, fallow_u64 address,
		      int program)
{
	struct perf_event_attr a;
	int probe;

	memset(&a, 0, sizeof(a));
	a.size = sizeof(a);
	a.type = type;
	a.config = config;
	a.kprobe_addr = address;
	a.sample_period = 1;
	a.wakeup_events = 1;
	probe = syscall(SYS_perf_event_open, &a, -1, 0, -1,
			PERF_FLAG_FD_CLOEXEC);
	if (probe < 0)
		return -1;
	if (ioctl(probe, PERF_EVENT_IOC_SET_BPF, program) ||
	    ioctl(probe, PERF_EVENT_IOC_ENABLE, 0)) {
		int error = errno;

		close(probe);
		errno = error;
		return -1;
	}
	return probe;
}

void fallow_self_test(void)
{
	syscall(SYS_getppid);
}

static sigset_t waited_for(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	return set;
}

int fallow_block_signals(void)
{
	sigset_t set = waited_for();

	return sigprocmask(SIG_BLOCK, &set, 0);
}

int fallow_wait_signal(int milliseconds)
{
	sigset_t set = waited_for();
	struct timespec time = { milliseconds / 1000,
				 milliseconds % 1000 * 1000000L };
	int number = sigtimedwait(&set, 0, &time);

	return number > 0 ? number : 0;
}

int fallow_spawn(char *const arguments[])
{
	int channel[2], error = 0;
	pid_t parent = getpid(), child;

	if (pipe2(channel, O_CLOEXEC))
		return -errno;
	child = fork();
	if (child == 0) {
		sigset_t set = waited_for();

		sigprocmask(SIG_UNBLOCK, &set, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		// The recorder may have ended before the line above.
		if (getppid() == parent)
			execvp(arguments[0], arguments);
		error = errno;
		(void)!write(channel[1], &error, sizeof(error));
		_exit(127);
	}
	error = errno;
	close(channel[1]);
	if (child < 0) {
		close(channel[0]);
		return -error;
	}
	// exec closes the channel; nothing in it means that it succeeded.
	if (read(channel[0], &error, sizeof(error)) == sizeof(error)) {
		close(channel[0]);
		waitpid(child, 0, 0);
		return -error;
	}
	close(channel[0]);
	return child;
}

int fallow_status(int process)
{
	int status;

	if (waitpid(process, &status, WNOHANG) != process)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

#else

// Elsewhere the recorder refuses before it calls any of these.
static int unsupported(void)
{
	errno = ENOSYS;
	return -1;
}

int fallow_map_create(fallow_u32 type, fallow_u32 key_size,
		      fallow_u32 value_size, fallow_u32 entries,
		      const char *name)
{
	return unsupported();
}

int fallow_map_update(int map, const void *key, const void *value)
{
	return unsupported();
}

int fallow_map_lookup(int map, const void *key, void *value)
{
	return unsupported();
}

int fallow_program_load(const fallow_u64 *instructions, fallow_u32 count,
			const char *license, const char *name, char *log,
			fallow_u32 log_size)
{
	return unsupported();
}

int fallow_probe_open(fallow_u32 type, fallow_u64 config, fallow_u64 address,
		      int program)
{
	return unsupported();
}

void fallow_self_test(void)
{
}

int fallow_block_signals(void)
{
	return unsupported();
}

int fallow_wait_signal(int milliseconds)
{
	return 0;
}

int fallow_spawn(char *const arguments[])
{
	return -ENOSYS;
}

int fallow_status(int process)
{
	return 0;
}

#endif

fallow_u64 fallow_load_acquire(const void *position)
{
	return __atomic_load_n((const fallow_u64 *)position, __ATOMIC_ACQUIRE);
}

fallow_u32 fallow_load_acquire_header(const void *position)
{
	return __atomic_load_n((const fallow_u32 *)position, __ATOMIC_ACQUIRE);
}

void fallow_store_release(void *position, fallow_u64 value)
{
	__atomic_store_n((fallow_u64 *)position, value, __ATOMIC_RELEASE);
}
