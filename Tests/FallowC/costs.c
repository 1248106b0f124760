/* SPDX-License-Identifier: Apache-2.0 */

/* Repeats an operation as often as TIMES says, for a counter of instructions:
 *
 *   costs kernel|user TIMES */
#include "host.h"

int main(int count, char **arguments) {
  struct fallow_stale stale = {0};
  long times = count == 3 ? atol(arguments[2]) : 0;
  bool is_kernel = count == 3 && !strcmp(arguments[1], "kernel");
  host_start();
  uint64_t kernel = fallow_make_kernel_space();
  uint64_t user = fallow_make_user_space(kernel);
  uint32_t data = FALLOW_WRITABLE | FALLOW_GLOBAL;
  /* A neighbour keeps the tables. */
  DONE(fallow_map(kernel, KERNEL + PAGE, PAGE, 0, data, NULL));
  DONE(fallow_user_map(user, USER + PAGE, PAGE, 0, DATA, NULL));
  for (long i = 0; i < times; i++) {
    if (is_kernel) {
      fallow_map(kernel, KERNEL, PAGE, 1 << 20, data, NULL);
      fallow_unmap(kernel, KERNEL, PAGE, NULL, NULL);
    } else {
      fallow_user_map(user, USER, PAGE, 1 << 20, DATA, NULL);
      fallow_user_unmap(user, USER, PAGE, &stale, NULL);
      fallow_forget(&stale);
    }
  }
  return 0;
}
