/* A disk that fails at the n-th write below a folder, once or from then on. Loaded before the C library, by the
 * processes that the disk trials start. Whatever changes a file counts: write, pwrite, truncate, sync.
 *
 * Each call is counted before it is made, and fails without having been made, as a full or broken disk lets it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[PATH_MAX];
static long fails_at, seen, failed;
static int lasts, error_number;

/* Watch a folder; n = 0 only counts. */
void disk_watch(const char *path, long n, int for_good, int with_error) {
    snprintf(folder, sizeof folder, "%s", path);
    fails_at = n, lasts = for_good, error_number = with_error, seen = failed = 0;
}

long disk_writes(void) { return seen; }

long disk_failures(void) { return failed; }

static int fails(int descriptor) {
    char link[64], path[PATH_MAX];
    if (!folder[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, folder, strlen(folder))) return 0;
    seen++;
    if (!fails_at || seen < fails_at || (seen > fails_at && !lasts)) return 0;
    failed++;
    errno = error_number;
    return 1;
}

#define FORWARD(result, name, parameters, arguments)                       \
    result name parameters {                                               \
        static result (*real) parameters;                                  \
        if (!real) real = (result(*) parameters)dlsym(RTLD_NEXT, #name);    \
        return fails(descriptor) ? -1 : real arguments;                    \
    }

FORWARD(ssize_t, write, (int descriptor, const void *bytes, size_t count), (descriptor, bytes, count))
FORWARD(ssize_t, pwrite, (int descriptor, const void *bytes, size_t count, off_t at), (descriptor, bytes, count, at))
FORWARD(ssize_t, pwrite64, (int descriptor, const void *bytes, size_t count, off64_t at), (descriptor, bytes, count, at))
FORWARD(int, ftruncate, (int descriptor, off_t length), (descriptor, length))
FORWARD(int, ftruncate64, (int descriptor, off64_t length), (descriptor, length))
FORWARD(int, fsync, (int descriptor), (descriptor))
FORWARD(int, fdatasync, (int descriptor), (descriptor))
