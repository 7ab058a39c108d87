/* The unit as a Linux process: `telematics --can vcan1` on a CAN socket, `telematics --tcp 29536` as SLCAN on TCP. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "link.h"
#include "telematics.h"

enum { NS_PER_MS = 1000000 };

__attribute__((noreturn)) void give_up(const char *what, const char *name)
{
    fprintf(stderr, "telematics: %s %s: %s\n", what, name, strerror(errno));
    exit(1);
}

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Waits for input until `instant`, ns on the clock; an instant in the past is only a look. */
static void wait_until(int fd, int64_t instant)
{
    struct pollfd watched = {fd, POLLIN, 0};
    int64_t left = instant - clock_ns();
    struct timespec limit = {left > 0 ? left / 1000000000 : 0, left > 0 ? left % 1000000000 : 0};
    ppoll(&watched, 1, &limit, NULL);
}

static __attribute__((noreturn)) void run(struct link *link)
{
    static struct telematics unit;
    int64_t begin = clock_ns();
    telematics_power_up(&unit, (struct outlet){link->send, link});
    for (;;) {
        int64_t ms = (clock_ns() - begin) / NS_PER_MS;
        uint32_t now = (uint32_t)ms;
        struct frame frame;
        while (link->receive(link, &frame))
            telematics_receive(&unit, &frame, now);
        telematics_run(&unit, now);
        /* The unit's clock wraps after 49 days, so only the way to its deadline can be added to ours. */
        ms += (int32_t)(telematics_due(&unit, now) - now);
        wait_until(link->fd, begin + ms * NS_PER_MS);
    }
}

int main(int count, char **words)
{
    if (count == 3 && strcmp(words[1], "--can") == 0)
        run(can_link(words[2]));
    if (count == 3 && strcmp(words[1], "--tcp") == 0)
        run(tcp_link(words[2]));
    fprintf(stderr, "usage: telematics --can INTERFACE | --tcp PORT\n");
    return 2;
}
