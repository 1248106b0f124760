/* Loads a shared object at an address of the image's own.
 *
 * A loader of one's own, since each thread of a search has a copy of the
 * program, and each copy has to lie where its pointers are known by. */
#define _GNU_SOURCE
#include "image.h"
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096ull

struct hook {
  void *function;
  const char *name;
};
#if FALLOW_RUNS_PROGRAMS
extern const struct hook __start_fallow_hooks[], __stop_fallow_hooks[];
#else
static const struct hook __start_fallow_hooks[1];
#define __stop_fallow_hooks __start_fallow_hooks
#endif

void *fallow_symbol(const char *name)
{
  const struct hook *hook = __start_fallow_hooks;
  for (; hook < __stop_fallow_hooks; hook++)
    if (!strcmp(hook->name, name)) return hook->function;
  return 0;
}

struct object {
  struct fallow_image *image;
  const char *file;
  const Elf64_Ehdr *header;
  const Elf64_Shdr *sections;
  const char *names;
  char *error;
  size_t error_size;
};

static bool refuse(struct object *object, const char *why, const char *what)
{
  snprintf(object->error, object->error_size, "%s%s", why, what);
  return false;
}

static bool map_segments(struct object *object)
{
  struct fallow_image *image = object->image;
  const Elf64_Phdr *segments =
      (const void *)(object->file + object->header->e_phoff);
  for (int index = 0; index < object->header->e_phnum; index++) {
    const Elf64_Phdr *segment = &segments[index];
    if (segment->p_type == PT_TLS)
      return refuse(object, "thread-local variables are not modelled", "");
    uint64_t end = segment->p_vaddr + segment->p_memsz;
    if (segment->p_type == PT_LOAD && end > image->size) image->size = end;
  }
  image->size = (image->size + PAGE - 1) & ~(PAGE - 1);
  void *at = mmap(
      (void *)image->base[DATA], image->size, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (at != (void *)image->base[DATA])
    return refuse(object, "the program's addresses are in use", "");
  for (int index = 0; index < object->header->e_phnum; index++)
    if (segments[index].p_type == PT_LOAD)
      memcpy(
          (char *)at + segments[index].p_vaddr,
          object->file + segments[index].p_offset, segments[index].p_filesz);
  return true;
}

static bool protect_segments(struct object *object)
{
  const Elf64_Phdr *segments =
      (const void *)(object->file + object->header->e_phoff);
  for (int index = 0; index < object->header->e_phnum; index++) {
    const Elf64_Phdr *segment = &segments[index];
    if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
    uint64_t start = segment->p_vaddr & ~(PAGE - 1);
    uint64_t end = (segment->p_vaddr + segment->p_memsz + PAGE - 1)
        & ~(PAGE - 1);
    int allowed = PROT_READ | (segment->p_flags & PF_X ? PROT_EXEC : 0);
    if (mprotect(
            (void *)(object->image->base[DATA] + start), end - start, allowed))
      return refuse(object, "the program's text cannot be made executable", "");
  }
  return true;
}

static bool relocate_by(struct object *object, const Elf64_Shdr *section)
{
  uint64_t base = object->image->base[DATA];
  const Elf64_Shdr *table = &object->sections[section->sh_link];
  const Elf64_Sym *symbols = (const void *)(object->file + table->sh_offset);
  const char *names =
      object->file + object->sections[table->sh_link].sh_offset;
  const Elf64_Rela *entries = (const void *)(object->file + section->sh_offset);
  for (size_t index = 0; index < section->sh_size / sizeof *entries; index++) {
    const Elf64_Rela *entry = &entries[index];
    uint64_t *place = (uint64_t *)(base + entry->r_offset);
    const Elf64_Sym *symbol = &symbols[ELF64_R_SYM(entry->r_info)];
    const char *name = names + symbol->st_name;
    uint64_t value = base + symbol->st_value;
    if (symbol->st_shndx == SHN_UNDEF && ELF64_R_SYM(entry->r_info)) {
      value = (uint64_t)fallow_symbol(name);
      if (!value) return refuse(object, "no file defines ", name);
    }
    switch (ELF64_R_TYPE(entry->r_info)) {
    case R_X86_64_RELATIVE: *place = base + (uint64_t)entry->r_addend; break;
    case R_X86_64_64: *place = value + (uint64_t)entry->r_addend; break;
    case R_X86_64_GLOB_DAT:
    case R_X86_64_JUMP_SLOT: *place = value; break;
    default: return refuse(object, "it has a relocation of a kind not known", "");
    }
  }
  return true;
}

static bool starts(const char *name, const char *prefix)
{
  return !strncmp(name, prefix, strlen(prefix));
}

/* Whether a section is the program's variables. */
static bool is_data(const Elf64_Shdr *section, const char *name)
{
  static const char *const others[] = {
      ".got", ".dynamic", ".init_array", ".fini_array", ".data.rel.ro",
      ".plt", ".tm_clone_table"};
  if (!(section->sh_flags & SHF_ALLOC) || !(section->sh_flags & SHF_WRITE)
      || !section->sh_size)
    return false;
  for (size_t index = 0; index < sizeof others / sizeof *others; index++)
    if (starts(name, others[index])) return false;
  return true;
}

static bool find_sections(struct object *object)
{
  struct fallow_image *image = object->image;
  uint64_t base = image->base[DATA];
  for (int index = 0; index < object->header->e_shnum; index++) {
    const Elf64_Shdr *section = &object->sections[index];
    const char *name = object->names + section->sh_name;
    if (section->sh_type == SHT_RELA && section->sh_flags & SHF_ALLOC) {
      if (!relocate_by(object, section)) return false;
    } else if (!strcmp(name, "fallow_operations")) {
      image->operations = (const void *)(base + section->sh_addr);
      image->operation_count =
          (int)(section->sh_size / sizeof(struct fallow_operation));
    } else if (!strcmp(name, "fallow_machine")) {
      if (section->sh_size != sizeof(struct fallow_machine))
        return refuse(object, "FALLOW_MACHINE stands there twice, or has another version's members", "");
      image->machine =
          *(const struct fallow_machine *)(base + section->sh_addr);
    } else if (is_data(section, name)) {
      if (image->sections == MAX_SECTIONS)
        return refuse(object, "it has too many sections of data", "");
      uint64_t start = (base + section->sh_addr) & ~7ull;
      uint64_t end = (base + section->sh_addr + section->sh_size + 7) & ~7ull;
      int last = image->sections - 1;
      /* Two that share a word are one. */
      if (last >= 0
          && start < image->section[last].start + image->section[last].size)
        start = image->section[last].start + image->section[last].size;
      image->section[image->sections].start = start;
      image->section[image->sections].size = end - start;
      image->section[image->sections].first = image->memory.words;
      image->sections++;
      image->memory.words += (int)((end - start) / 8);
    }
    if (image->memory.words > MAX_WORDS / 2)
      return refuse(object, "its data are more than 4096 bytes", "");
  }
  return true;
}

static bool read_object(struct object *object, size_t size)
{
  const Elf64_Ehdr *header = (const void *)object->file;
  if (size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG)
      || header->e_machine != EM_X86_64 || header->e_type != ET_DYN)
    return refuse(object, "it is no shared object for x86-64", "");
  object->header = header;
  object->sections = (const void *)(object->file + header->e_shoff);
  object->names =
      object->file + object->sections[header->e_shstrndx].sh_offset;
  return map_segments(object) && find_sections(object)
      && protect_segments(object);
}

bool fallow_load_object(
    struct fallow_image *image, const char *path, char *error, size_t size)
{
  struct object object = {.image = image, .error = error, .error_size = size};
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (file < 0 || fstat(file, &status) || status.st_size == 0) {
    if (file >= 0) close(file);
    return refuse(&object, "it cannot be read", "");
  }
  void *bytes =
      mmap(0, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  if (bytes == MAP_FAILED) return refuse(&object, "it cannot be read", "");
  object.file = bytes;
  bool is_loaded = read_object(&object, (size_t)status.st_size);
  munmap(bytes, (size_t)status.st_size);
  return is_loaded;
}
