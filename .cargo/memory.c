// memcpy and memcmp for what podprof does with them: names and stacks of some ten to hundred bytes, a million times over.
//
// Linked in the place of musl's. Its memcpy begins `rep movsq` for each copy however short, which takes the processor longer
// than the copy; its memcmp looks at one byte at a time, and names in Go differ behind a long path that they share.

#include <stddef.h>
#include <stdint.h>

// Unaligned on purpose: both processors read such words as they stand.
typedef uint64_t word __attribute__((may_alias, aligned(1)));

int memcmp(const void *left, const void *right, size_t size)
{
	const unsigned char *a = left, *b = right;
	for (; size >= sizeof(word); size -= sizeof(word), a += sizeof(word), b += sizeof(word)) {
		uint64_t x = *(const word *)a, y = *(const word *)b;
		if (x != y) // the first byte counts most
			return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1;
	}
	for (; size; size--, a++, b++)
		if (*a != *b)
			return *a < *b ? -1 : 1;
	return 0;
}

#ifdef __x86_64__ // for aarch64 musl has one of its own making that is good

typedef uint32_t half __attribute__((may_alias, aligned(1)));
typedef uint16_t quarter __attribute__((may_alias, aligned(1)));
typedef long long block __attribute__((vector_size(16), may_alias, aligned(1)));

// From here on the processor's own copying is quicker.
#define LONG 512

// From the first byte to the last, each step read before it is written: so musl's memmove may end in it too, where what is
// written lies in front of what is read. The two other names below are for it; without `restrict` the compiler keeps the order.
void *memcpy(void *to, const void *from, size_t size)
{
	unsigned char *d = to;
	const unsigned char *s = from;
	if (size >= LONG) {
		__asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(size) : : "memory");
	} else if (size >= sizeof(block)) {
		// The last block may lie over the one before.
		block last = *(const block *)(s + size - sizeof(block));
		unsigned char *end = d + size - sizeof(block);
		for (; d < end; d += sizeof(block), s += sizeof(block))
			*(block *)d = *(const block *)s;
		*(block *)end = last;
	} else if (size >= sizeof(word)) {
		word last = *(const word *)(s + size - sizeof(word));
		*(word *)d = *(const word *)s;
		*(word *)(d + size - sizeof(word)) = last;
	} else if (size >= sizeof(half)) {
		half last = *(const half *)(s + size - sizeof(half));
		*(half *)d = *(const half *)s;
		*(half *)(d + size - sizeof(half)) = last;
	} else if (size >= sizeof(quarter)) {
		quarter last = *(const quarter *)(s + size - sizeof(quarter));
		*(quarter *)d = *(const quarter *)s;
		*(quarter *)(d + size - sizeof(quarter)) = last;
	} else if (size) {
		*d = *s;
	}
	return to;
}

void *__memcpy_fwd(void *, const void *, size_t) __attribute__((alias("memcpy")));
void *__memcpy_fwd_alias_1(void *, const void *, size_t) __attribute__((alias("memcpy"))); // in some versions

#endif
