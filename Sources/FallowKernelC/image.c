/* The memory of an image, and what its program declares. */
#define _GNU_SOURCE
#include "image.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static pthread_mutex_t numbers = PTHREAD_MUTEX_INITIALIZER;
static bool is_used[MAX_IMAGES];

static int take_number(void)
{
  int number = 0;
  pthread_mutex_lock(&numbers);
  while (number < MAX_IMAGES && is_used[number]) number++;
  if (number < MAX_IMAGES) is_used[number] = true;
  pthread_mutex_unlock(&numbers);
  return number;
}

static bool map(uint64_t address, uint64_t size)
{
  return mmap(
             (void *)address, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0)
      == (void *)address;
}

static uint64_t frame_at(const struct fallow_image *image, enum region region, int frame)
{
  return image->base[region] | FRAME_PATTERN << 24
      | (uint64_t)frame << FRAME_SHIFT;
}

static uint64_t stack_at(const struct fallow_image *image, int actor)
{
  return image->base[STACKS] + ((uint64_t)actor << STACK_SHIFT)
      + (1 << STACK_SHIFT) - STACK_MARGIN - STACK_SIZE;
}

static bool map_regions(struct fallow_image *image)
{
  for (int frame = 0; frame < MAX_FRAMES; frame++)
    if (!map(frame_at(image, FRAMES, frame), 4096)
        || !map(frame_at(image, DESCRIPTORS, frame), 4096))
      return false;
  for (int actor = 0; actor < MAX_ACTORS; actor++)
    if (!map(stack_at(image, actor), STACK_SIZE)) return false;
  return map(image->base[HEAP], 1 << 16);
}

static void unmap_regions(struct fallow_image *image)
{
  if (image->size) munmap((void *)image->base[DATA], image->size);
  for (int frame = 0; frame < MAX_FRAMES; frame++) {
    munmap((void *)frame_at(image, FRAMES, frame), 4096);
    munmap((void *)frame_at(image, DESCRIPTORS, frame), 4096);
  }
  for (int actor = 0; actor < MAX_ACTORS; actor++)
    munmap((void *)stack_at(image, actor), STACK_SIZE);
  munmap((void *)image->base[HEAP], 1 << 16);
}

/* Counts the words of memory, and keeps what they hold at first. */
static void count_words(struct fallow_image *image)
{
  struct fallow_memory *memory = &image->memory;
  int data = memory->words;
  int objects = image->machine.objects;
  memory->heap = data;
  memory->stacks = data + objects * (OBJECT_WORDS + 1);
  memory->words_per_stack = STACK_PAIRS * 2;
  memory->words_per_descriptor = DESCRIPTOR_WORDS;
  memory->words = memory->stacks;
  image->initial = calloc((size_t)memory->words + 1, sizeof *image->initial);
  static const struct fallow_turn nobody = {.actor = -1};
  struct fallow_image *before = fallow_current;
  fallow_current = image;
  image->turn = &nobody;
  for (int index = 0; index < image->sections; index++)
    for (uint64_t word = 0; word < image->section[index].size / 8; word++)
      image->initial[image->section[index].first + (int)word] =
          fallow_encode(((uint64_t *)image->section[index].start)[word]);
  fallow_current = before;
}

struct fallow_image *fallow_image_load(
    const char *path, char *error, size_t size)
{
  struct fallow_image *image = calloc(1, sizeof *image);
  image->number = take_number();
  if (image->number == MAX_IMAGES) {
    free(image);
    snprintf(error, size, "too many programs are loaded at once");
    return 0;
  }
  for (int region = 0; region < REGIONS; region++)
    image->base[region] =
        (FIRST_REGION + (uint64_t)(image->number * REGIONS + region))
        << REGION_SHIFT;
  image->machine = (struct fallow_machine){
      .cpus = 2, .slots = 1, .tables = 2, .iommus = 1, .pasids = 1,
      .objects = 2, .levels = 2, .walking_cpus = 0xff, .asids = 1};
  if (!fallow_load_object(image, path, error, size)) {
    fallow_image_unload(image);
    return 0;
  }
  if (image->machine.objects < 0 || image->machine.objects > 32
      || !map_regions(image)) {
    snprintf(error, size, "there is no room for its memory");
    fallow_image_unload(image);
    return 0;
  }
  count_words(image);
  return image;
}

void fallow_image_unload(struct fallow_image *image)
{
  unmap_regions(image);
  pthread_mutex_lock(&numbers);
  is_used[image->number] = false;
  pthread_mutex_unlock(&numbers);
  free(image->initial);
  free(image);
}

int fallow_image_operations(const struct fallow_image *image)
{
  return image->operation_count;
}

const struct fallow_operation *fallow_image_operation(
    const struct fallow_image *image, int index)
{
  return &image->operations[index];
}

const struct fallow_machine *fallow_image_machine(
    const struct fallow_image *image)
{
  return &image->machine;
}

int fallow_image_sections(const struct fallow_image *image)
{
  return image->sections;
}

struct fallow_section fallow_image_section(
    const struct fallow_image *image, int index)
{
  return (struct fallow_section){
      image->section[index].start - image->base[DATA],
      image->section[index].size, image->section[index].first};
}

struct fallow_memory fallow_image_memory(const struct fallow_image *image)
{
  return image->memory;
}

uint64_t fallow_image_initial(const struct fallow_image *image, int word)
{
  return image->initial[word];
}
