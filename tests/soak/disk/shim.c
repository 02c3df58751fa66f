/* A disk that fails, or that loses what was not synced, for the files of one database. Loaded with LD_PRELOAD.
 *
 * DISK_FILE     path of the database; its -wal counts too, and its folder for the durability of names
 * DISK_FAULT    a file that holds "write ERRNO" or "sync ERRNO": such calls fail so while it does
 * DISK_JOURNAL  a file that gets every write, cut, sync, creation and deletion, in order: "W name offset length\n" and
 *               the bytes, "T name length\n", "S name\n", "N name\n", "D name\n", "F\n" (the folder was synced)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("DISK_JOURNAL");
    if (path) journal = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* "db", "wal", "folder", or NULL for a file that is none of ours */
static const char *named(const char *path) {
    const char *file = getenv("DISK_FILE");
    if (!file) return NULL;
    size_t length = strlen(file);
    if (!strncmp(path, file, length)) {
        if (!path[length]) return "db";
        if (!strcmp(path + length, "-wal")) return "wal";
        return NULL;
    }
    const char *slash = strrchr(file, '/');
    return slash && strlen(path) == (size_t)(slash - file) && !strncmp(path, file, slash - file) ? "folder" : NULL;
}

static const char *opened(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return NULL;
    path[length] = 0;
    return named(path);
}

static void note(const void *bytes, size_t length, const char *form, ...) {
    if (journal < 0) return;
    char *line = malloc(length + 128);
    va_list rest;
    va_start(rest, form);
    int head = vsnprintf(line, 128, form, rest);
    va_end(rest);
    if (length) memcpy(line + head, bytes, length);
    pthread_mutex_lock(&lock);
    if (REAL(write)(journal, line, head + length) < 0) abort();
    pthread_mutex_unlock(&lock);
    free(line);
}

static int fault(const char *kind) {
    const char *path = getenv("DISK_FAULT");
    int fd = path ? REAL(open)(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return 0;
    char text[64] = {0};
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    return length > 0 && !strncmp(text, kind, strlen(kind)) ? atoi(text + strlen(kind) + 1) : 0;
}

static int opening(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    const char *name = named(path);
    int created = name && (flags & O_CREAT) && access(path, F_OK);
    int fd = real(path, flags, mode);
    if (created && fd >= 0) note(NULL, 0, "N %s\n", name);
    return fd;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return opening(REAL(open), path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return opening(REAL(open64), path, flags, mode);
}

static ssize_t put(ssize_t (*real)(int, const void *, size_t, off64_t), int fd, const void *bytes, size_t length,
                   off64_t offset) {
    const char *name = opened(fd);
    int wrong = name ? fault("write") : 0;
    if (wrong) {
        errno = wrong;
        return -1;
    }
    ssize_t done = real(fd, bytes, length, offset);
    if (name && done > 0) note(bytes, done, "W %s %lld %zd\n", name, (long long)offset, done);
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    return put(REAL(pwrite64), fd, bytes, length, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return put(REAL(pwrite64), fd, bytes, length, offset);
}

static int cut(int (*real)(int, off64_t), int fd, off64_t length) {
    const char *name = opened(fd);
    int done = real(fd, length);
    if (name && !done) note(NULL, 0, "T %s %lld\n", name, (long long)length);
    return done;
}

int ftruncate64(int fd, off64_t length) { return cut(REAL(ftruncate64), fd, length); }
int ftruncate(int fd, off_t length) { return cut(REAL(ftruncate64), fd, length); }

static int synced(int (*real)(int), int fd) {
    const char *name = opened(fd);
    int wrong = name ? fault("sync") : 0;
    if (wrong) {
        errno = wrong;
        return -1;
    }
    int done = real(fd);
    if (name && !done) note(NULL, 0, strcmp(name, "folder") ? "S %s\n" : "F\n", name);
    return done;
}

int fsync(int fd) { return synced(REAL(fsync), fd); }
int fdatasync(int fd) { return synced(REAL(fdatasync), fd); }

int unlink(const char *path) {
    const char *name = named(path);
    int done = REAL(unlink)(path);
    if (name && !done) note(NULL, 0, "D %s\n", name);
    return done;
}
