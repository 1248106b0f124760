// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "FallowRecordSystem.h"

static const unsigned char programs[] = {
#include "programs.inc"
};

const unsigned char *fallow_programs(void)
{
	return programs;
}

unsigned long fallow_programs_size(void)
{
	return sizeof(programs);
}
