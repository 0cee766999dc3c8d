/* What podprof says where it fails by a fault of its own.
 *
 * A panic is one trapping instruction (-Cpanic=immediate-abort): messages that name no place, as places are left out, and the way
 * to them would be 41 kB. This names the place instead, from which `addr2line -f -e podprof.symbols` of the same build tells
 * the function. The signal then takes its course, so that the exit code tells as well. */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

static void say(const char *text, size_t size)
{
	// Nobody is left to be told that even this failed.
	ssize_t written = write(STDERR_FILENO, text, size);
	(void)written;
}

static void tell(int number, siginfo_t *fault, void *context)
{
	(void)context;
	raise(number); // ends us as soon as this returns
	if (number == SIGABRT) {
		static const char no_memory[] = "\npodprof: ended, as the system gives it no more memory or its stack is full; -low_mem asks for less\n";
		say(no_memory, sizeof no_memory - 1);
		return;
	}
	char place[] = "\npodprof: ended by a fault of its own at 0x0000000000000000; please report this with what podprof -version says\n";
	char *digit = place;
	while (*digit != 'x')
		digit++;
	digit += 2 * sizeof(uintptr_t);
	for (uintptr_t rest = (uintptr_t)fault->si_addr; rest; rest >>= 4)
		*digit-- = "0123456789abcdef"[rest & 15];
	say(place, sizeof place - 1);
}

__attribute__((constructor)) static void prepare(void)
{
	struct sigaction action = {.sa_sigaction = tell, .sa_flags = SA_SIGINFO | SA_RESETHAND | SA_ONSTACK};
	// The trap is an illegal instruction on x86_64, a breakpoint on aarch64.
	sigaction(SIGILL, &action, NULL);
	sigaction(SIGTRAP, &action, NULL);
	sigaction(SIGABRT, &action, NULL);
}
