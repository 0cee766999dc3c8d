#!/usr/bin/env node
// Keeps Node busy in functions that are worth seeing in a profile, and writes its time and heap profiles as
// `@datadog/pprof` does: no addresses, no mappings, lines and columns, labels on samples.
'use strict'

const fs = require('fs')
const { time, heap, encodeSync } = require('@datadog/pprof')

class Shelf {
  #books = new Map()

  add (title, book) {
    this.#books.set(title + title, { book, pages: new Array(20).fill(book) })
  }

  total () {
    let sum = 0
    for (const { book } of this.#books.values()) sum += weigh(book)
    return sum
  }

  get size () {
    return this.#books.size
  }
}

function weigh (book) {
  for (let n = 0; n < 100; n++) book = Math.imul(book, 31) + (book >>> 7)
  return book
}

function fill (shelf, size) {
  for (let n = 0; n < size; n++) shelf.add(`${n * 0x9e3779b9}`, n)
  return shelf
}

const sort = rows => rows.sort((a, b) => String(a).length - String(b).length || b - a)

async function serve (route) {
  time.setContext({ route })
  const shelf = fill(new Shelf(), 2000)
  shelf.total()
  sort(Array.from({ length: 1000 }, (_, n) => n * 7919 % 1009))
  await new Promise(resolve => setImmediate(resolve))
}

async function main ([timePath, heapPath]) {
  const labels = ({ context }) => context?.context ?? context ?? {}
  time.start({ durationMillis: 60000, intervalMicros: 20000, withContexts: true })
  const end = Date.now() + 1000
  while (Date.now() < end) {
    for (const route of ['/add', '/sum of "all"', '/naïve']) await serve(route)
  }
  fs.writeFileSync(timePath, encodeSync(time.stop(false, labels)))
  heap.start(16 * 1024, 32)
  const kept = [1, 2, 3].map(n => fill(new Shelf(), 300 * n))
  fs.writeFileSync(heapPath, encodeSync(heap.profile()))
  heap.stop()
  return kept.length
}

main(process.argv.slice(2))
