"""Writes the lists of operations that the mixes run.

usage: lists.py FOLDER

A list is a file of 32-bit words, least byte first: how many operations there
are, and for each its kind (1 map, 2 unmap, 3 make read-only, 4 make writable),
its first page, how many pages, and for a map the first frame, as a distance from
the first one. The same lists come out each time: they are drawn by a generator of
this file.
"""

import bisect
import os
import struct
import sys

MAP, UNMAP, READ_ONLY, WRITABLE = 1, 2, 3, 4
HUGE = 512


class Random:
    """splitmix64."""

    def __init__(self, seed):
        self.state = seed

    def word(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        value = self.state
        value = ((value ^ value >> 30) * 0xBF58476D1CE4E5B9) & mask
        value = ((value ^ value >> 27) * 0x94D049BB133111EB) & mask
        return value ^ value >> 31

    def below(self, bound):
        return self.word() * bound >> 64

    def choice(self, values):
        return values[self.below(len(values))]

    def weighted(self, values, weights):
        place = self.below(sum(weights))
        for value, weight in zip(values, weights):
            if place < weight:
                return value
            place -= weight

    def shuffle(self, values):
        for index in range(len(values) - 1, 0, -1):
            other = self.below(index + 1)
            values[index], values[other] = values[other], values[index]


class Addresses:
    """Free pages: the first stretch that fits is taken."""

    def __init__(self, pages):
        self.free = [(0, pages)]

    def take(self, count, alignment):
        for index, (first, length) in enumerate(self.free):
            start = -(-first // alignment) * alignment
            if start + count > first + length:
                continue
            rest = []
            if start > first:
                rest.append((first, start - first))
            if first + length > start + count:
                rest.append((start + count, first + length - start - count))
            self.free[index:index + 1] = rest
            return start
        return None

    def give_back(self, first, count):
        index = bisect.bisect(self.free, (first, 0))
        end = first + count
        if index < len(self.free) and self.free[index][0] == end:
            count += self.free.pop(index)[1]
        if index > 0 and sum(self.free[index - 1]) == first:
            first, before = self.free.pop(index - 1)
            count += before
            index -= 1
        self.free.insert(index, (first, count))


def churn(random, operations, sizes, weights, live, guard):
    """Areas that come and go, at most so many at a time."""
    addresses = Addresses(1 << 20)
    areas, result = [], []
    for _ in range(operations):
        if len(areas) >= live or areas and random.below(100) < 45:
            index = random.below(len(areas))
            first, count = areas.pop(index)
            result.append((UNMAP, first, count, 0))
            addresses.give_back(first, count + guard)
            continue
        count = random.weighted(sizes, weights)
        first = addresses.take(count + guard, HUGE if count == HUGE else 1)
        if first is None:
            continue
        # A large area is aligned in memory too; others are not.
        frame = first if count == HUGE else first + 3
        result.append((MAP, first, count, frame))
        areas.append((first, count))
    return result + [(UNMAP, first, count, 0) for first, count in areas]


def sparse(random, pages):
    """Single pages far apart: each with a table of its own, mostly."""
    result = []
    for _ in range(4):
        chosen = set()
        while len(chosen) < 3000:
            chosen.add(random.below(pages))
        chosen = sorted(chosen)
        random.shuffle(chosen)
        result += [(MAP, page, 1, page & 0xFFFFF) for page in chosen]
        random.shuffle(chosen)
        result += [(UNMAP, page, 1, 0) for page in chosen]
    return result


def protect(random):
    """Pages of 400 areas that become read-only or writable, mostly few."""
    areas = [(index * 160, 128) for index in range(400)]
    result = [(MAP, first, count, first + 3) for first, count in areas]
    for _ in range(60_000):
        first, length = random.choice(areas)
        count = random.choice([1, 1, 1, 2, 4, 8, 16, 32, 64])
        offset = random.below(length - count + 1)
        kind = random.choice([READ_ONLY, WRITABLE])
        result.append((kind, first + offset, count, 0))
    return result + [(UNMAP, first, count, 0) for first, count in areas]


def runs(count):
    """Ranges of so many pages side by side: all are mapped, all are unmapped."""
    firsts = range(HUGE, HUGE + 4096, count)
    return [operation for _ in range(20) for operation in
            [(MAP, first, count, first + 3) for first in firsts]
            + [(UNMAP, first, count, 0) for first in firsts]]


def lists():
    yield "mmap", churn(
        Random(1), 100_000, [1, 2, 4, 8, 16, 32, 64, 128, 256, HUGE],
        [30, 12, 14, 8, 10, 8, 6, 5, 4, 3], live=400, guard=0)
    yield "vmalloc", churn(
        Random(2), 150_000, [1, 2, 3, 4, 5, 8], [30, 15, 5, 40, 5, 5],
        live=2000, guard=1)
    yield "sparse", sparse(Random(3), 1 << 28)
    yield "sparse_sv39", sparse(Random(3), 1 << 25)
    yield "protect", protect(Random(4))
    for count in [1, 2, 4, 16, 64]:
        yield f"n{count}", runs(count)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, operations in lists():
        with open(f"{sys.argv[1]}/{name}.bin", "wb") as file:
            file.write(struct.pack("<I", len(operations)))
            for operation in operations:
                file.write(struct.pack("<4I", *operation))


main()
