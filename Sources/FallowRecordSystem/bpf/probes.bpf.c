// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The programs that run at the recorder's probes.
//
// This file alone is not under the project's license. The kernel lets a
// program read its memory (bpf_probe_read_kernel) and its stacks only if the
// program declares a license compatible with the GPL; of the strings that it
// accepts (linux/license.h), "Dual BSD/GPL" leaves the other half to BSD.
//
// Compiled by Scripts/record-programs.sh; the object is checked in as
// programs.inc. It uses no header of a kernel, no libbpf and no BTF: the
// recorder finds everything that differs between kernels and passes it in
// struct fallow_settings.

#include "../include/FallowEvent.h"

typedef fallow_u64 u64;
typedef fallow_u32 u32;

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))

// struct pt_regs of x86-64 (arch/x86/include/asm/ptrace.h).
struct registers {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	u64 orig_ax, ip, cs, flags, sp, ss;
};

// The maps: the recorder replaces each reference by a file descriptor.
SECTION("maps") int ring, settings, tables, hints, collapsed, scratch, recent;

// Helpers, by their numbers in enum bpf_func_id (linux/bpf.h).
static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value,
			  u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static u64 (*ktime_get_ns)(void) = (void *)5;
static u32 (*get_smp_processor_id)(void) = (void *)8;
static u64 (*get_current_pid_tgid)(void) = (void *)14;
static long (*get_current_comm)(void *buffer, u32 size) = (void *)16;
static long (*get_stack)(void *context, void *buffer, u32 size,
			 u64 flags) = (void *)67;
static long (*probe_read_kernel)(void *to, u32 size, const void *from) =
	(void *)113;
static long (*ringbuf_output)(void *map, void *data, u64 size, u64 flags) =
	(void *)130;

// x86-64 table entries (Intel SDM volume 3, 5.5: "4-level paging").
#define PRESENT 1ull
#define LARGE_PAGE 0x80ull
#define ADDRESS_BITS 0x000ffffffffff000ull
// struct ptdesc (include/linux/mm_types.h): checked against the kernel's BTF.
#define DESCRIPTOR_SHIFT 6
#define TYPE_OFFSET 48

// A table that is on its way, by its descriptor.
struct pending {
	u64 address;
	u32 level, padding;
};

// What the arguments of a function say of the tables that it frees, by task.
struct hint {
	u64 start, end, list;
	u32 kind, padding;
};

enum { WINDOW_OF_PMD, WINDOW_OF_PUD, RANGE, COLLAPSE };

// The tables freed last, newest at `freed - 1`.
#define RECENT 1024
#define LOOKED_AT 128
struct recent_tables {
	u64 descriptor[RECENT];
};

INLINE u64 read(u64 address)
{
	u64 value = 0;

	probe_read_kernel(&value, sizeof(value), (void *)address);
	return value;
}

INLINE struct fallow_settings *get_settings(void)
{
	u32 zero = 0;

	return map_lookup(&settings, &zero);
}

INLINE u32 index_of(u64 address, int level)
{
	return (address >> (12 + 9 * (level - 1))) & 511;
}

// The entry of `table` for an address, without the encryption bit.
INLINE u64 read_entry(struct fallow_settings *s, u64 entry)
{
	return read(entry) & ~s->encryption;
}

INLINE int is_leaf(u64 value, int level)
{
	return level == 1 || (level <= 3 && (value & LARGE_PAGE));
}

// Walks from the root to the table's address. Stops at the entry that names
// its frame, at a leaf, or at an entry that is not present.
INLINE void walk(struct fallow_settings *s, struct fallow_table *t)
{
	u64 frame = (t->descriptor - s->descriptors) >> DESCRIPTOR_SHIFT;
	u64 table = s->root;
	int level;

	t->naming = FALLOW_NAMING_UNKNOWN;
	t->is_data = 0;
	if (!t->address)
		return;
	t->naming = FALLOW_NAMING_NO;
#pragma unroll
	for (level = 5; level >= 1; level--) {
		if (level > (int)s->levels)
			continue;
		t->entry = table + 8 * index_of(t->address, level);
		t->value = read_entry(s, t->entry);
		if (!(t->value & PRESENT))
			return;
		if ((t->value & ADDRESS_BITS) >> 12 == frame) {
			t->is_data = is_leaf(t->value, level);
			if (!t->is_data) {
				t->naming = FALLOW_NAMING_YES;
				t->level = level - 1;
			}
			return;
		}
		if (is_leaf(t->value, level))
			return;
		table = s->direct_map + (t->value & ADDRESS_BITS);
	}
}

// The entry of a level on the way to an address; 0 if a leaf or nothing is
// above it.
INLINE u64 entry_on_the_way(struct fallow_settings *s, u64 address, int wanted)
{
	u64 table = s->root;
	int level;

#pragma unroll
	for (level = 5; level >= 1; level--) {
		u64 entry, value;

		if (level > (int)s->levels)
			continue;
		entry = table + 8 * index_of(address, level);
		if (level == wanted)
			return entry;
		value = read_entry(s, entry);
		if (!(value & PRESENT) || is_leaf(value, level))
			return 0;
		table = s->direct_map + (value & ADDRESS_BITS);
	}
	return 0;
}

INLINE struct fallow_event *begin(u32 kind)
{
	u32 zero = 0;
	struct fallow_event *e = map_lookup(&scratch, &zero);

	if (!e)
		return 0;
	__builtin_memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->cpu = get_smp_processor_id();
	e->task = (u32)get_current_pid_tgid();
	get_current_comm(e->command, sizeof(e->command));
	return e;
}

INLINE void send(struct fallow_settings *s, struct fallow_event *e, u64 size)
{
	e->sequence = __sync_fetch_and_add(&s->sequence, 1);
	e->time = ktime_get_ns();
	if (ringbuf_output(&ring, e, size, 0) < 0)
		__sync_fetch_and_add(&s->lost, 1);
}

#define SHORT_EVENT __builtin_offsetof(struct fallow_event, table)

INLINE void describe(struct fallow_table *t, u64 descriptor)
{
	u64 word = read(descriptor + TYPE_OFFSET);

	t->descriptor = descriptor;
	t->flags = read(descriptor);
	t->type = (u32)word;
	t->references = word >> 32;
}

// Whether a word is the address, in the direct map, of an entry that names the
// frame.
INLINE int names_frame(struct fallow_settings *s, u64 word, u64 frame)
{
	u64 size = 1ull << (s->levels == 5 ? 52 : 46);
	u64 value;

	if ((word & 7) || word - s->direct_map >= size)
		return 0;
	value = read_entry(s, word);
	return (value & PRESENT) && (value & ADDRESS_BITS) >> 12 == frame;
}

// The address of an entry that names the frame, in a register or on the
// stack of the function that frees it; 0 if there is none. It proves itself,
// whichever register or word the compiler chose.
INLINE u64 find_entry(struct fallow_settings *s, struct registers *r,
		      u64 descriptor)
{
	u64 frame = (descriptor - s->descriptors) >> DESCRIPTOR_SHIFT;
	u64 words[10] = { r->bx, r->bp, r->r12, r->r13, r->r14,
			  r->r15, r->r8, r->r9, r->r10, r->r11 };
	int i;

#pragma unroll
	for (i = 0; i < 10; i++)
		if (names_frame(s, words[i], frame))
			return words[i];
	for (i = 0; i < 48; i++) {
		u64 word = read(r->sp + 8 * i);

		if (names_frame(s, word, frame))
			return word;
	}
	return 0;
}

// Looks for the window in [start, end) whose entry of a level is `entry`.
INLINE u64 window_of_entry(struct fallow_settings *s, struct hint *h, u64 entry,
			   int level, int count)
{
	u64 shift = 12 + 9 * level;
	u64 first = h->start >> shift << shift;
	u64 offset = ((entry >> 3) & 511) << (shift - 9);
	int i;

	for (i = 0; i < count; i++) {
		u64 address = first + ((u64)i << shift) + offset;

		if (address >= h->end)
			break;
		if (entry_on_the_way(s, address, level) == entry)
			return address;
	}
	return 0;
}

// Finds the address that the table translates, and its level.
INLINE void locate(struct fallow_settings *s, struct registers *r,
		   struct fallow_table *t)
{
	u64 task = get_current_pid_tgid(), key = t->descriptor, entry;
	struct pending *known = map_lookup(&collapsed, &key);
	struct hint *h = map_lookup(&hints, &task);

	if (known) {
		t->address = known->address;
		t->level = known->level;
		map_delete(&collapsed, &key);
		return;
	}
	if (!h)
		return;
	if (h->kind == WINDOW_OF_PMD) {
		t->address = h->start;
		t->level = 1;
		return;
	}
	entry = find_entry(s, r, key);
	if (h->kind == WINDOW_OF_PUD) {
		// The PTE tables are freed through a copy of the PMD table.
		t->address = h->start & ~0x3fffffffull;
		if (entry)
			t->address += (u64)((entry >> 3) & 511) << 21;
		t->level = entry ? 1 : 2;
		return;
	}
	if (h->kind != RANGE || !entry)
		return;
	t->address = window_of_entry(s, h, entry, 2, 16);
	if (t->address) {
		t->level = 1;
		return;
	}
	t->address = window_of_entry(s, h, entry, 3, 2);
	if (t->address) {
		t->level = 2;
		return;
	}
	t->address = window_of_entry(s, h, entry, 4, 2);
	if (t->address) {
		t->level = 3;
		return;
	}
	t->address = window_of_entry(s, h, entry, 1, 4);
}

// pagetable_free_kernel(struct ptdesc *)
SECTION("kprobe/free") int on_free(struct registers *r)
{
	struct fallow_settings *s = get_settings();
	struct fallow_event *e = begin(FALLOW_FREE);
	struct recent_tables *last;
	struct pending pending = {};
	u32 zero = 0;
	u64 at;

	if (!s || !e)
		return 0;
	describe(&e->table, r->di);
	e->caller = read(r->sp);
	locate(s, r, &e->table);
	walk(s, &e->table);
	get_stack(r, e->stack, sizeof(e->stack), 0);
	pending.address = e->table.address;
	pending.level = e->table.level;
	if (map_update(&tables, &e->table.descriptor, &pending, 0) < 0)
		__sync_fetch_and_add(&s->untracked, 1);
	else
		__sync_fetch_and_add(&s->open, 1);
	at = __sync_fetch_and_add(&s->freed, 1);
	last = map_lookup(&recent, &zero);
	if (last)
		last->descriptor[at & (RECENT - 1)] = e->table.descriptor;
	send(s, e, sizeof(*e));
	return 0;
}

// A call of __free_pages(struct page *, unsigned int order) in the worker.
SECTION("kprobe/release") int on_release(struct registers *r)
{
	struct fallow_settings *s = get_settings();
	struct fallow_event *e = begin(FALLOW_RELEASE);
	u64 key = r->di;
	struct pending *p;

	if (!s || !e)
		return 0;
	describe(&e->table, key);
	e->table.order = r->si;
	p = map_lookup(&tables, &key);
	if (p) {
		e->table.address = p->address;
		e->table.level = p->level;
		map_delete(&tables, &key);
		__sync_fetch_and_add(&s->open, -1);
	}
	walk(s, &e->table);
	send(s, e, sizeof(*e));
	return 0;
}

// A call of __free_pages in a function that can also queue the page.
SECTION("kprobe/free_at_once") int on_free_at_once(struct registers *r)
{
	struct fallow_settings *s = get_settings();
	struct fallow_event *e = begin(FALLOW_FREE_AT_ONCE);

	if (!s || !e)
		return 0;
	describe(&e->table, r->di);
	e->table.order = r->si;
	e->caller = r->ip;
	locate(s, r, &e->table);
	walk(s, &e->table);
	// Unplugged memory gives back thousands of pages of data.
	if (e->table.is_data)
		return 0;
	get_stack(r, e->stack, sizeof(e->stack), 0);
	send(s, e, sizeof(*e));
	return 0;
}

INLINE int send_short(u32 kind)
{
	struct fallow_settings *s = get_settings();
	struct fallow_event *e = begin(kind);

	if (s && e)
		send(s, e, SHORT_EVENT);
	return 0;
}

SECTION("kprobe/work") int on_work(struct registers *r)
{
	return send_short(FALLOW_WORK);
}

SECTION("kprobe/work_end") int on_work_end(struct registers *r)
{
	return send_short(FALLOW_WORK_END);
}

SECTION("kprobe/taken") int on_taken(struct registers *r)
{
	return send_short(FALLOW_TAKEN);
}

SECTION("kprobe/invalidated") int on_invalidated(struct registers *r)
{
	return send_short(FALLOW_INVALIDATED);
}

// iommu_sva_invalidate_kva_range(unsigned long start, unsigned long end):
// walks to every table that is on its way, newest first, and reports those
// that an entry still names. The reader knows which of them are this run's.
SECTION("kprobe/invalidate") int on_invalidate(struct registers *r)
{
	struct fallow_settings *s = get_settings();
	struct fallow_event *e = begin(FALLOW_INVALIDATE);
	struct recent_tables *last;
	u64 open, freed;
	u32 zero = 0;
	int i;

	if (!s || !e)
		return 0;
	last = map_lookup(&recent, &zero);
	if (!last)
		return 0;
	freed = s->freed;
	open = s->open;
	// The start of the invalidation is the moment of the first event.
	e->start = r->di;
	e->end = r->si;
	e->open = open;
	e->looked = open < LOOKED_AT ? open : LOOKED_AT;
	send(s, e, SHORT_EVENT);
	e->kind = FALLOW_LINKED;
	for (i = 1; i <= LOOKED_AT; i++) {
		u64 key = last->descriptor[(freed - i) & (RECENT - 1)];
		struct pending *p = key ? map_lookup(&tables, &key) : 0;

		// Counted in memory: a counter in a register has a state of its
		// own on each path, and the verifier would follow them all.
		if (e->count >= open)
			break;
		if (!p)
			continue;
		e->count++;
		e->table.descriptor = key;
		e->table.address = p->address;
		e->table.level = p->level;
		walk(s, &e->table);
		if (e->table.naming == FALLOW_NAMING_YES)
			send(s, e, sizeof(*e));
	}
	return 0;
}

INLINE int note(u64 start, u64 end, u64 list, u32 kind)
{
	struct hint h = { start, end, list, kind, 0 };
	u64 task = get_current_pid_tgid();

	map_update(&hints, &task, &h, 0);
	return 0;
}

// pmd_free_pte_page(pmd_t *, unsigned long address)
SECTION("kprobe/pmd") int on_pmd(struct registers *r)
{
	return note(r->si, 0, 0, WINDOW_OF_PMD);
}

// pud_free_pmd_page(pud_t *, unsigned long address)
SECTION("kprobe/pud") int on_pud(struct registers *r)
{
	return note(r->si, 0, 0, WINDOW_OF_PUD);
}

// remove_pagetable(unsigned long start, unsigned long end, bool direct, ...)
SECTION("kprobe/range") int on_range(struct registers *r)
{
	return note(r->di, r->si, 0, RANGE);
}

SECTION("kprobe/forget") int on_forget(struct registers *r)
{
	u64 task = get_current_pid_tgid();

	map_delete(&hints, &task);
	return 0;
}

// int collapse_large_pages(unsigned long address, struct list_head *)
SECTION("kprobe/collapse") int on_collapse(struct registers *r)
{
	return note(r->di, 0, r->si, COLLAPSE);
}

// It returns how many levels it collapsed, and has put the replaced tables at
// the head of the list: the last level's first. An element of the list lies 8
// bytes into its descriptor.
SECTION("kprobe/collapsed") int on_collapsed(struct registers *r)
{
	u64 task = get_current_pid_tgid(), element, descriptor;
	struct hint *h = map_lookup(&hints, &task);
	struct pending place = {};
	int levels = (int)r->ax;

	if (!h || h->kind != COLLAPSE)
		return 0;
	if (levels == 1 || levels == 2) {
		element = read(h->list);
		descriptor = element - 8;
		place.address = h->start;
		place.level = levels;
		map_update(&collapsed, &descriptor, &place, 0);
		if (levels == 2) {
			descriptor = read(element) - 8;
			place.level = 1;
			map_update(&collapsed, &descriptor, &place, 0);
		}
	}
	map_delete(&hints, &task);
	return 0;
}

// A system call of the recorder itself: shows that probes fire, and walks to
// addresses of which the recorder knows where they lead.
SECTION("kprobe/self_test") int on_self_test(struct registers *r)
{
	struct fallow_settings *s = get_settings();
	struct fallow_event *e;
	int i;

	if (!s || get_current_pid_tgid() >> 32 != s->test_process)
		return 0;
	e = begin(FALLOW_SELF_TEST);
	if (!e)
		return 0;
	for (i = 0; i < 2; i++) {
		e->table.descriptor = 0;
		e->table.address = s->test_address[i];
		walk(s, &e->table);
		e->stack[2 * i] = e->table.value;
		e->stack[2 * i + 1] = e->table.entry;
	}
	ringbuf_output(&ring, e, sizeof(*e), 0);
	return 0;
}

SECTION("license") char license_text[] = "Dual BSD/GPL";
