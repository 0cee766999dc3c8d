/* Runs a command and writes its wall time, CPU time (both in microseconds) and peak memory (kB) to a file.
 * In C, static and small, because a process inherits the peak of the one that started it: a script's would hide ours.
 * With -prompts each line of stdin is given to the command when it shows a prompt; the file then has a second line, the
 * time until the first prompt and from each line to the next prompt (microseconds). The last line has to end the command.
 * Usage: measure FILE [-prompts] COMMAND [ARGUMENT...]; the exit code is the command's. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROMPT "(pprof) "
#define MOST 64

static long long microseconds(struct timeval t) { return t.tv_sec * 1000000LL + t.tv_usec; }

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* Reads until a prompt ends what is there; 0 where the output ends before. */
static int prompted(int from) {
    static char buffer[65536 + sizeof PROMPT];
    size_t length = strlen(PROMPT), kept = 0;
    for (;;) {
        ssize_t got = read(from, buffer + kept, 65536);
        if (got <= 0) return 0;
        size_t end = kept + got;
        if (end >= length && memcmp(buffer + end - length, PROMPT, length) == 0) return 1;
        kept = end < length ? end : length;
        memmove(buffer, buffer + end - kept, kept);
    }
}

int main(int count, char **arguments) {
    struct rusage used;
    int status, to[2], from[2], steps = 0, prompts = count > 2 && strcmp(arguments[2], "-prompts") == 0;
    long long times[MOST], begun;
    char line[4096];
    const char *name = arguments[1];
    arguments += prompts;
    count -= prompts;
    if (count < 3 || pipe(to) < 0 || pipe(from) < 0) return 2;
    long long start = begun = now();
    pid_t child = fork();
    if (child == 0) {
        if (prompts) {
            dup2(to[0], 0);
            dup2(from[1], 1);
        }
        close(to[0]), close(to[1]), close(from[0]), close(from[1]);
        execv(arguments[2], arguments + 2);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    while (prompts && steps < MOST && prompted(from[0])) {
        times[steps++] = now() - begun;
        if (!fgets(line, sizeof line, stdin)) break;
        begun = now();
        if (write(to[1], line, strlen(line)) < 0) break;
    }
    if (child < 0 || wait4(child, &status, 0, &used) < 0) return 2;
    long long wall = now() - start;
    FILE *file = fopen(name, "w");
    if (!file) return 2;
    fprintf(file, "%lld %lld %ld\n", wall, microseconds(used.ru_utime) + microseconds(used.ru_stime), used.ru_maxrss);
    for (int step = 0; step < steps; step++) fprintf(file, "%lld ", times[step]);
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
