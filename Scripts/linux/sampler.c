/* SPDX-License-Identifier: Apache-2.0 */

// Samples every CPU at 20 kHz, as `perf record -F 20000` does, and keeps
// nothing: it delays tasks where they are preempted rarely.

#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void set(const char *path, const char *value)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return;
	fputs(value, file);
	fclose(file);
}

int main(void)
{
	struct perf_event_attr event;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	set("/proc/sys/kernel/perf_event_max_sample_rate", "100000");
	set("/proc/sys/kernel/perf_cpu_time_max_percent", "0");
	memset(&event, 0, sizeof(event));
	event.size = sizeof(event);
	event.type = PERF_TYPE_SOFTWARE;
	event.config = PERF_COUNT_SW_CPU_CLOCK;
	event.sample_period = 50000;
	event.sample_type = PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_IP;
	for (long cpu = 0; cpu < cpus; cpu++)
		if (syscall(SYS_perf_event_open, &event, -1, (int)cpu, -1, 0) < 0)
			perror("sampler");
	pause();
	return 0;
}
