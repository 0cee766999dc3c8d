/* Runs a command and writes its wall time, CPU time (both in microseconds) and peak memory (kB) to a file.
 * In C, static and small, because a process inherits the peak of the one that started it: a script's would hide ours.
 * Usage: measure FILE COMMAND [ARGUMENT...]; the exit code is the command's. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long microseconds(struct timeval t) { return t.tv_sec * 1000000LL + t.tv_usec; }

int main(int count, char **arguments) {
    struct timespec start, end;
    struct rusage used;
    int status;
    if (count < 3) return 2;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t child = fork();
    if (child == 0) {
        execv(arguments[2], arguments + 2);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) < 0) return 2;
    clock_gettime(CLOCK_MONOTONIC, &end);
    FILE *file = fopen(arguments[1], "w");
    if (!file) return 2;
    long long wall = (end.tv_sec - start.tv_sec) * 1000000LL + (end.tv_nsec - start.tv_nsec) / 1000;
    fprintf(file, "%lld %lld %ld\n", wall, microseconds(used.ru_utime) + microseconds(used.ru_stime), used.ru_maxrss);
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
