/* Stands between a program and its files (LD_PRELOAD): sees every call that changes a file of one folder.

   At a chosen call it kills the program, tears the write or says that the disk failed; or it keeps a record of all
   calls and their bytes, from which tests build what a power cut could have left. The program arms it (disk_arm,
   disk_plan, disk_record, disk_mark); without DISK_FOLDER or disk_arm nothing is touched. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE = 2, SYNC = 4, CREATE = 8, UNLINK = 16, RENAME = 32, LINK = 64, ALLOCATE = 128, MARK = 256, FOLDER = 512 };
enum { KILL = -1, TEAR = -2, SHORTEN = -3 }; /* a positive deed is the errno of a call that fails */

struct plan { long at, until, seen; int mask, deed; };
struct entry { uint32_t kind, failed; uint64_t inode, at, length; char name[96]; };

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static struct plan plans[2];
static char folder[PATH_MAX];
static const char *trouble; /* a file "deed mask" that makes calls fail while it is there */
static int log_fd = -1;

#define REAL(name) ({ static __typeof__(&name) real; if (!real) real = dlsym(RTLD_NEXT, #name); real; })

void disk_arm(const char *path) {
    snprintf(folder, sizeof folder, "%s", path);
    memset(plans, 0, sizeof plans);
}

void disk_plan(int number, long at, long until, int mask, int deed) {
    plans[number] = (struct plan){at, until, 0, mask, deed};
}

long disk_seen(int number) { return plans[number].seen; }

void disk_record(int fd) { log_fd = fd; }

__attribute__((constructor)) static void begin(void) {
    if (getenv("DISK_FOLDER")) disk_arm(getenv("DISK_FOLDER"));
    trouble = getenv("DISK_TROUBLE");
}

static const char *watched(const char *path) {
    size_t length = strlen(folder);
    if (!length || strncmp(path, folder, length) || (path[length] && path[length] != '/')) return NULL;
    const char *name = path[length] ? path + length + 1 : path + length;
    size_t end = strlen(name);
    if (end > 4 && (!strcmp(name + end - 4, "-shm") || !strcmp(name + end - 5, ".lock"))) return NULL;
    return name;
}

static const char *watched_fd(int fd, char *path) {
    char link[64];
    if (!*folder) return NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return NULL;
    path[length] = 0;
    char *gone = strstr(path, " (deleted)");
    if (gone) *gone = 0;
    return watched(path);
}

static void put(struct entry *entry, const char *name, const void *data) {
    if (log_fd < 0) return;
    snprintf(entry->name, sizeof entry->name, "%s", name);
    struct iovec parts[2] = {{entry, sizeof *entry}, {(void *)data, data ? entry->length : 0}};
    if (REAL(writev)(log_fd, parts, 2) < 0) abort();
}

static uint64_t inode_of(int fd) {
    struct stat found;
    return fstat(fd, &found) ? 0 : found.st_ino;
}

static int troubled(int kind) {
    int deed = 0, mask = 0;
    FILE *file = trouble ? fopen(trouble, "r") : NULL;
    if (!file) return 0;
    if (fscanf(file, "%d %d", &deed, &mask) != 2) deed = 0;
    fclose(file);
    return mask & kind ? deed : 0;
}

/* What is to happen at this call: 0 for nothing, else a deed. The gate is held. */
static int due(int kind) {
    int deed = troubled(kind);
    for (int i = 0; i < 2; i++) {
        struct plan *plan = &plans[i];
        if (!(plan->mask & kind)) continue;
        plan->seen++;
        if (plan->deed && plan->seen >= plan->at && plan->seen < plan->until) deed = plan->deed;
    }
    if (deed == KILL || (deed == TEAR && kind != WRITE)) raise(SIGKILL);
    return deed;
}

static ssize_t changed(int fd, const void *data, size_t length, off64_t at, int is_placed) {
    char path[PATH_MAX];
    const char *name = fd == log_fd ? NULL : watched_fd(fd, path);
    if (!name) return is_placed ? REAL(pwrite64)(fd, data, length, at) : REAL(write)(fd, data, length);
    pthread_mutex_lock(&gate);
    int deed = due(WRITE);
    ssize_t done = -1;
    if (deed > 0) {
        errno = deed;
    } else {
        if (!is_placed) at = lseek64(fd, 0, SEEK_CUR);
        size_t some = deed && length > 1 ? length / 2 : length;
        done = is_placed ? REAL(pwrite64)(fd, data, some, at) : REAL(write)(fd, data, some);
        if (deed == TEAR) raise(SIGKILL);
        struct entry entry = {WRITE, 0, inode_of(fd), at, done < 0 ? 0 : done};
        if (done > 0) put(&entry, name, data);
    }
    pthread_mutex_unlock(&gate);
    return done;
}

ssize_t write(int fd, const void *data, size_t length) { return changed(fd, data, length, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { return changed(fd, data, length, at, 1); }
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) { return changed(fd, data, length, at, 1); }

static int synced(int fd, int (*real)(int)) {
    char path[PATH_MAX];
    const char *name = watched_fd(fd, path);
    if (!name) return real(fd);
    pthread_mutex_lock(&gate);
    int deed = due(*name ? SYNC : FOLDER);
    struct entry entry = {SYNC, deed > 0, inode_of(fd), 0, 0};
    int answer = deed > 0 ? (errno = deed, -1) : real(fd);
    int kept = errno;
    put(&entry, name, NULL);
    errno = kept;
    pthread_mutex_unlock(&gate);
    return answer;
}

int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

static int sized(int fd, off64_t size, int kind) {
    char path[PATH_MAX];
    const char *name = watched_fd(fd, path);
    int is_cut = kind == TRUNCATE;
    if (!name) return is_cut ? REAL(ftruncate64)(fd, size) : REAL(posix_fallocate64)(fd, 0, size);
    pthread_mutex_lock(&gate);
    int deed = due(kind), answer;
    if (deed > 0) {
        answer = is_cut ? (errno = deed, -1) : deed;
    } else {
        answer = is_cut ? REAL(ftruncate64)(fd, size) : REAL(posix_fallocate64)(fd, 0, size);
        struct entry entry = {kind, 0, inode_of(fd), size, 0};
        if (!answer) put(&entry, name, NULL);
    }
    pthread_mutex_unlock(&gate);
    return answer;
}

int ftruncate(int fd, off_t size) { return sized(fd, size, TRUNCATE); }
int ftruncate64(int fd, off64_t size) { return sized(fd, size, TRUNCATE); }
int posix_fallocate(int fd, off_t at, off_t size) { return sized(fd, at + size, ALLOCATE); }
int posix_fallocate64(int fd, off64_t at, off64_t size) { return sized(fd, at + size, ALLOCATE); }

static int opened(const char *path, int flags, mode_t mode) {
    const char *name = flags & O_CREAT ? watched(path) : NULL;
    if (!name || !access(path, F_OK)) return REAL(open64)(path, flags, mode);
    pthread_mutex_lock(&gate);
    int deed = due(CREATE);
    int fd = deed > 0 ? (errno = deed, -1) : REAL(open64)(path, flags, mode);
    struct entry entry = {CREATE, 0, fd < 0 ? 0 : inode_of(fd), 0, 0};
    if (fd >= 0) put(&entry, name, NULL);
    pthread_mutex_unlock(&gate);
    return fd;
}

int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    return opened(path, flags, mode);
}

/* One name goes (to NULL), comes from another, or gets a second one. */
static int renamed(const char *from, const char *to, int kind) {
    const char *name = watched(from), *other = to ? watched(to) : NULL;
    int deed = 0;
    pthread_mutex_lock(&gate);
    if (name) deed = due(kind);
    int answer = deed > 0             ? (errno = deed, -1)
                 : kind == UNLINK ? REAL(unlink)(from)
                 : kind == RENAME ? REAL(rename)(from, to)
                                  : REAL(link)(from, to);
    int kept = errno;
    struct entry entry = {kind, 0, 0, 0, other ? strlen(other) : 0};
    if (name && !answer) put(&entry, name, other);
    errno = kept;
    pthread_mutex_unlock(&gate);
    return answer;
}

int unlink(const char *path) { return renamed(path, NULL, UNLINK); }
int rename(const char *from, const char *to) { return renamed(from, to, RENAME); }
int link(const char *from, const char *to) { return renamed(from, to, LINK); }

/* The program has promised something; what it was told before is part of the promise. */
void disk_mark(uint64_t number) {
    pthread_mutex_lock(&gate);
    struct entry entry = {MARK, 0, 0, number, 0};
    put(&entry, "", NULL);
    pthread_mutex_unlock(&gate);
}
