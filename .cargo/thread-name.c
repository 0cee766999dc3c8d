/* In the place of musl's function, which names any thread, through a file under /proc whose name printf writes: 10 kB that
 * nothing else asks for. The standard library names a thread only from within. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/prctl.h>

int pthread_setname_np(pthread_t itself, const char *name) { (void)itself; return prctl(PR_SET_NAME, name, 0, 0, 0) ? -1 : 0; }
