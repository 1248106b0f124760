// SPDX-License-Identifier: Apache-2.0
#include <traceevent/event-parse.h>
