// SPDX-License-Identifier: Apache-2.0
#include <tracefs/tracefs.h>
