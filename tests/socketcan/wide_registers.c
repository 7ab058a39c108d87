/* Lets User Mode Linux 6.1 run on processors with AMX; uml.py preloads it where /proc/cpuinfo says so.
 *
 * That kernel keeps 2696 bytes of extended registers per process, all that there were before AMX, and hands them to
 * PTRACE_SETREGSET. A host that knows AMX wants the whole area, 11 kB, and answers EFAULT to less (xstateregs_set in its
 * arch/x86/kernel/fpu/regset.c). AMX has to be asked for by a system call that UML does not know, so nothing inside uses it,
 * and the missing rest is zeros: the initial state.
 *
 * UML sets the registers before it resumes a process, though mostly to what it has just got. Setting 11 kB takes a while,
 * so that is left out: a fifth of the time of a system call inside.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

static char whole[1 << 16] __attribute__((aligned(64))); /* not on the stack: UML's are small */
static size_t whole_size;

/* What was got last, from a process that has not been resumed since; known_pid is 0 if there is none. */
static char known[1 << 16];
static size_t known_size;
static pid_t known_pid;

long ptrace(enum __ptrace_request request, ...)
{
    static long (*libc_ptrace)(enum __ptrace_request, ...);
    va_list rest;
    va_start(rest, request);
    pid_t pid = va_arg(rest, pid_t);
    void *address = va_arg(rest, void *);
    void *data = va_arg(rest, void *);
    va_end(rest);

    if (!libc_ptrace)
        libc_ptrace = dlsym(RTLD_NEXT, "ptrace");
    int extended = (request == PTRACE_GETREGSET || request == PTRACE_SETREGSET) && (long)address == NT_X86_XSTATE;
    if (!extended) {
        if (request != PTRACE_GETREGS && request != PTRACE_SETREGS) /* the general ones; all others may resume it */
            known_pid = 0;
        return libc_ptrace(request, pid, address, data);
    }

    const struct iovec *given = data;
    if (request == PTRACE_GETREGSET) {
        long result = libc_ptrace(request, pid, address, data);
        known_pid = result < 0 ? 0 : pid;
        known_size = given->iov_len;
        if (known_pid)
            memcpy(known, given->iov_base, known_size);
        return result;
    }
    if (pid == known_pid && given->iov_len == known_size && !memcmp(given->iov_base, known, known_size))
        return 0;
    known_pid = 0;
    struct iovec area = {whole, sizeof whole};
    if (!whole_size) {
        if (libc_ptrace(PTRACE_GETREGSET, pid, address, &area) < 0)
            return -1;
        whole_size = area.iov_len;
        memset(whole, 0, sizeof whole);
    }
    if (given->iov_len >= whole_size)
        return libc_ptrace(request, pid, address, data);
    memcpy(whole, given->iov_base, given->iov_len);
    area.iov_len = whole_size;
    return libc_ptrace(request, pid, address, &area);
}
