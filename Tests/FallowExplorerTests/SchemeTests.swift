// SPDX-License-Identifier: Apache-2.0

import FallowExplorer
import Testing
