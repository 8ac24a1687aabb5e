/* A wall clock that is wrong, for one process and all that it starts (LD_PRELOAD).
 *
 * The file that WRONG_CLOCK names holds a number of seconds, 8 bytes. They are added to whatever
 * asks for the wall clock, and taken from the ends of waits that are told in its time, as if the
 * machine's clock had been set. The monotonic clock, sleeps and the times of files stay true.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const long WALL = 1000000000; /* a later second than any of the monotonic clock */
static const volatile long *wrong;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("WRONG_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *page = mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED) wrong = page;
}

static long by(void) { return wrong ? *wrong : 0; }

#define REAL(name, version)                                                     \
    static __typeof__(&name) real;                                              \
    if (!real) real = (__typeof__(&name))(version[0] ? dlvsym(RTLD_NEXT, #name, version) \
                                                     : dlsym(RTLD_NEXT, #name))

static int is_wall(clockid_t clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

static struct timespec true_end(const struct timespec *end) {
    struct timespec moved = *end;
    if (moved.tv_sec > WALL) moved.tv_sec -= by();
    return moved;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime, "");
    int status = real(clock, now);
    if (!status && is_wall(clock)) now->tv_sec += by();
    return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    REAL(gettimeofday, "");
    int status = real(now, zone);
    if (!status) now->tv_sec += by();
    return status;
}

time_t time(time_t *kept) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (kept) *kept = now.tv_sec;
    return now.tv_sec;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *end, struct timespec *left) {
    REAL(clock_nanosleep, "");
    if (!is_wall(clock) || !(flags & TIMER_ABSTIME)) return real(clock, flags, end, left);
    struct timespec moved = true_end(end);
    return real(clock, flags, &moved, left);
}

int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict end) {
    REAL(pthread_cond_timedwait, "GLIBC_2.3.2");
    struct timespec moved = true_end(end);
    return real(cond, mutex, &moved);
}

int pthread_cond_clockwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           clockid_t clock, const struct timespec *restrict end) {
    REAL(pthread_cond_clockwait, "");
    struct timespec moved = true_end(end);
    return real(cond, mutex, clock, &moved);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict end) {
    REAL(pthread_mutex_timedlock, "");
    struct timespec moved = true_end(end);
    return real(mutex, &moved);
}

int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict end) {
    REAL(sem_timedwait, "");
    struct timespec moved = true_end(end);
    return real(sem, &moved);
}

int sem_clockwait(sem_t *restrict sem, clockid_t clock, const struct timespec *restrict end) {
    REAL(sem_clockwait, "");
    struct timespec moved = true_end(end);
    return real(sem, clock, &moved);
}

long syscall(long number, ...) {
    REAL(syscall, "");
    long word[6];
    va_list given;
    va_start(given, number);
    for (int i = 0; i < 6; i++) word[i] = va_arg(given, long);
    va_end(given);
    struct timespec moved;
    if (number == SYS_futex && (word[1] & FUTEX_CLOCK_REALTIME) && word[3]) {
        moved = true_end((const struct timespec *)word[3]);
        word[3] = (long)&moved;
    }
    return real(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}
