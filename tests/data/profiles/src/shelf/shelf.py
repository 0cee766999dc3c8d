#!/usr/bin/env python3
"""Keeps Python busy in functions that are worth seeing in a profile, and writes its processor and heap profiles as
`pypprof` does: gzipped, with functions, files and lines, without addresses and mappings. The folder of the interpreter becomes /usr.
"""

import gzip
import sys
import threading

import mprofile
from pypprof import profile_pb2
from pypprof.net_http import build_heap_pprof
from zprofile.cpu_profiler import CPUProfiler


class Shelf:
    def __init__(self, name):
        self.name, self.books = name, {}

    def add(self, title, book):
        self.books[title * 2] = book

    def total(self):
        return sum(weigh(book) for book in self.books.values())


def weigh(book):
    for _ in range(20):
        book = (book * 31 + (book >> 7)) & 0xFFFFFFFF
    return book


def fill(shelf, size):
    for n in range(size):
        shelf.add(f"{n * 0x9E3779B97F4A7C15:x}", n)


def depth(n):
    return weigh(n) if n == 0 else depth(n - 1)


def work():
    done = threading.Event()

    def serve():
        while not done.is_set():
            shelf = Shelf("naïve")
            fill(shelf, 800)
            shelf.total()
            sorted(shelf.books, key=lambda title: title[::-1])
            depth(9)

    threads = [threading.Thread(target=serve, name=f"worker {n}") for n in range(2)]
    for thread in threads:
        thread.start()
    profile = CPUProfiler(period_ms=20).profile(1)
    done.set()
    for thread in threads:
        thread.join()
    return profile


def save(path, packed):
    profile = profile_pb2.Profile.FromString(gzip.decompress(packed))
    for n, text in enumerate(profile.string_table):
        profile.string_table[n] = text.replace(sys.base_prefix, "/usr")
    with open(path, "wb") as file:
        file.write(gzip.compress(profile.SerializeToString(), mtime=0))


def main():
    cpu, heap = sys.argv[1:]
    save(cpu, work())
    mprofile.start(sample_rate=4096)
    kept = [Shelf(n) for n in range(5)]
    for shelf in kept:
        fill(shelf, 400)
    save(heap, build_heap_pprof(mprofile.take_snapshot()))


main()
