/* How the unit, as a Linux process, meets its bus: a raw CAN socket, or text on a TCP connection. */
#ifndef LINK_H
#define LINK_H

#include "frame.h"

struct link {
    int fd; /* to be watched for input */
    int (*receive)(struct link *link, struct frame *frame); /* 1 a frame, 0 none now; does not block */
    void (*send)(void *link, const struct frame *frame);    /* lost where nobody takes it, as on a bus */
};

/* Both end the process with a message where they cannot do it. There is one link in a process. */
struct link *can_link(const char *interface);
struct link *tcp_link(const char *port);

/* Says why on standard error and ends the process. */
__attribute__((noreturn)) void give_up(const char *what, const char *name);

#endif
