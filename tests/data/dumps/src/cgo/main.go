// Cgo waits in C, once called from Go alone and once with Go called back, and is told to quit. With an argument C's
// frames are walked by a stand-in that knows two of them.
package main

/*
#include <stdint.h>
#include <unistd.h>

extern void back(void);

static void wait_in_c(void) { pause(); }
static void call_back(void) { back(); }

struct walk { uintptr_t context, sig, *buf, max; };
struct symbol { uintptr_t pc; const char *file; uintptr_t line; const char *func; uintptr_t entry, more, data; };

static void walk(void *p) {
	struct walk *w = p;
	w->buf[0] = 0x401000; w->buf[1] = 0x402000; w->buf[2] = 0;
}
static void name(void *p) {
	struct symbol *s = p;
	if (s->pc == 0x401000) { s->file = "/app/wait.c"; s->line = 7; s->func = "wait_in_c"; }
	else { s->file = 0; s->func = 0; }
}
static void remember(void *p) { *(uintptr_t *)p = 1; }
static void *walk_at(void) { return walk; }
static void *name_at(void) { return name; }
static void *remember_at(void) { return remember; }
*/
import "C"

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

//export back
func back() { select {} }

func main() {
	switch len(os.Args) {
	case 2:
		runtime.SetCgoTraceback(0, C.walk_at(), C.remember_at(), nil)
	case 3:
		runtime.SetCgoTraceback(0, C.walk_at(), C.remember_at(), C.name_at())
	}
	go C.wait_in_c()
	go C.call_back()
	time.Sleep(100 * time.Millisecond)
	syscall.Kill(syscall.Getpid(), syscall.SIGQUIT)
	time.Sleep(time.Hour)
}
