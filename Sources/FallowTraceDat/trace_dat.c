// SPDX-License-Identifier: Apache-2.0
//
// Compiled where libtracecmd's headers are installed, so that the documentation,
// which is built with every trait, needs no library.
//
// These headers name each other without their folders, which pkg-config adds to
// the search path. The folder `forward` has a header of each such name instead.

#define _GNU_SOURCE
#include "FallowTraceDat.h"

#include <errno.h>
#include <stddef.h>

#if __has_include(<trace-cmd/trace-cmd.h>) && \
	__has_include(<traceevent/event-parse.h>) && \
	__has_include(<tracefs/tracefs.h>)

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trace-cmd/trace-cmd.h>
#include <unistd.h>

// The library has these for trace-cmd, and no header that is installed does.
int tracecmd_cpus(struct tracecmd_input *file);
unsigned long tracecmd_get_flags(struct tracecmd_input *file);
// In its flags: the times are nanoseconds, not counts.
enum { has_nanoseconds = 1 << 2 };

// What lines are printed with.
struct report {
	FILE *text;
	struct trace_seq line;
	// The columns of the buffers' names; 0 if the file has one buffer.
	int name_width;
};

static int print_record(struct tracecmd_input *buffer,
			struct tep_record *record, int cpu, void *context)
{
	struct report *report = context;
	struct trace_seq *line = &report->line;
	struct tep_handle *tep = tracecmd_get_tep(buffer);
	struct tep_event *event = tep_find_event_by_record(tep, record);
	const char *name = tracecmd_get_private(buffer);

	(void)cpu;
	trace_seq_reset(line);
	if (report->name_width)
		trace_seq_printf(line, "%*s%c ", report->name_width, name,
				 *name ? ':' : ' ');
	if (record->missed_events > 0)
		trace_seq_printf(line, "CPU:%d [%lld EVENTS DROPPED]\n",
				 record->cpu, record->missed_events);
	else if (record->missed_events < 0)
		trace_seq_printf(line, "CPU:%d [EVENTS DROPPED]\n",
				 record->cpu);
	tep_print_event(tep, line, record, "%16s-%-5d [%03d]", TEP_PRINT_COMM,
			TEP_PRINT_PID, TEP_PRINT_CPU);
	tep_print_event(tep, line, record,
			tracecmd_get_flags(buffer) & has_nanoseconds
				? " %9.1d:" : "%12d:",
			TEP_PRINT_TIME);
	trace_seq_printf(line, " %s: ", event ? event->name : "(NULL)");
	if (event && strlen(event->name) < 20)
		trace_seq_printf(line, "%*s", 20 - (int)strlen(event->name),
				 "");
	tep_print_event(tep, line, record, "%s", TEP_PRINT_INFO);
	if (line->len && line->buffer[line->len - 1] == '\n')
		line->len--;
	trace_seq_putc(line, '\n');
	fwrite(line->buffer, 1, line->len, report->text);
	return ferror(report->text) ? -1 : 0;
}

// Prints the events of all buffers of a file, in the order of their times.
static int print_file(struct tracecmd_input *file, struct report *report)
{
	int count = tracecmd_buffer_instances(file), status;
	struct tracecmd_input **buffers = calloc(count + 1, sizeof(*buffers));

	if (!buffers)
		return -1;
	tep_set_flag(tracecmd_get_tep(file), TEP_NSEC_OUTPUT);
	tracecmd_set_private(file, "");
	buffers[0] = file;
	for (int i = 0; i < count; i++) {
		const char *name = tracecmd_buffer_instance_name(file, i);
		int width = name ? strlen(name) : 0;

		buffers[i + 1] = tracecmd_buffer_instance_handle(file, i);
		if (!name || !buffers[i + 1])
			return -1;
		tracecmd_set_private(buffers[i + 1], (void *)name);
		if (width > report->name_width)
			report->name_width = width;
	}
	fprintf(report->text, "cpus=%d\n", tracecmd_cpus(file));
	status = tracecmd_iterate_events_multi(buffers, count + 1,
					       print_record, report);
	free(buffers);
	return status;
}

static int print_path(const char *path, FILE *text)
{
	struct report report = { .text = text };
	struct tracecmd_input *file;
	int status;

	tracecmd_set_loglevel(TEP_LOG_NONE);
	file = tracecmd_open(path, 0);
	if (!file)
		return -1;
	trace_seq_init(&report.line);
	status = print_file(file, &report);
	trace_seq_destroy(&report.line);
	// Removes its temporary files.
	tracecmd_close(file);
	return fclose(text) ? -1 : status;
}

const char *fallow_trace_dat_missing(void)
{
	return NULL;
}

int fallow_trace_dat_start(const char *path, int *process)
{
	int ends[2], nothing, status;

	// A process of its own, since a damaged file can crash the library.
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	*process = fork();
	if (*process) {
		close(ends[1]);
		if (*process > 0)
			return ends[0];
		close(ends[0]);
		return -1;
	}
	// It has no file of the caller's, and no pipe to another such process.
	dup2(ends[1], 3);
	nothing = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(nothing, i);
	closefrom(4);
	// A reader that has seen enough ends the writing, not the process.
	signal(SIGPIPE, SIG_IGN);
	status = print_path(path, fdopen(3, "w"));
	_exit(status ? 1 : 0);
}

#else

const char *fallow_trace_dat_missing(void)
{
	return "built without libtracecmd's headers; install libtracecmd-dev, "
	       "libtraceevent-dev and libtracefs-dev, and build anew";
}

int fallow_trace_dat_start(const char *path, int *process)
{
	(void)path;
	(void)process;
	errno = ENOSYS;
	return -1;
}

#endif
