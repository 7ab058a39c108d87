/* SLCAN on a TCP connection: where the kernel has no CAN, and to try the text that the firmware speaks. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"
#include "slcan.h"

static struct {
    struct link link; /* fd: the connection, or the listening socket while there is none */
    int listening;
    struct slcan port;
    char bytes[4096];
    ssize_t count;
    ssize_t next;
} tcp;

static void hang_up(void)
{
    close(tcp.link.fd);
    tcp.link.fd = tcp.listening;
    tcp.count = tcp.next = 0;
}

static void say(const char *text, size_t length)
{
    /* Half a line would spoil the next one, so who does not read is hung up on. */
    if (tcp.link.fd != tcp.listening && send(tcp.link.fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)length)
        hang_up();
}

static void answer_the_door(void)
{
    int on = 1;
    int fd = accept(tcp.listening, NULL, NULL);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    slcan_begin(&tcp.port);
    tcp.link.fd = fd;
}

static int receive(struct link *link, struct frame *frame)
{
    if (link->fd == tcp.listening) {
        answer_the_door();
        return 0;
    }
    for (;;) {
        if (tcp.next == tcp.count) {
            tcp.next = 0;
            tcp.count = recv(link->fd, tcp.bytes, sizeof tcp.bytes, MSG_DONTWAIT);
            if (tcp.count <= 0) {
                if (tcp.count == 0 || (errno != EAGAIN && errno != EINTR))
                    hang_up();
                tcp.count = 0;
                return 0;
            }
        }
        char accepted = SLCAN_ACCEPTED, refused = SLCAN_REFUSED;
        switch (slcan_byte(&tcp.port, tcp.bytes[tcp.next++], frame)) {
        case SLCAN_FRAME:
            return 1;
        case SLCAN_DONE:
            say(&accepted, 1);
            break;
        case SLCAN_WRONG:
            say(&refused, 1);
            break;
        case SLCAN_NOTHING:
            break;
        }
    }
}

static void transmit(void *to, const struct frame *frame)
{
    char line[SLCAN_LINE];
    (void)to;
    if (tcp.port.open)
        say(line, slcan_text(frame, line));
}

struct link *tcp_link(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    address.sin_port = htons((uint16_t)atoi(port));
    tcp.listening = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(tcp.listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(tcp.listening, (struct sockaddr *)&address, sizeof address) < 0 || listen(tcp.listening, 1) < 0)
        give_up("cannot listen on 127.0.0.1, port", port);
    tcp.link = (struct link){tcp.listening, receive, transmit};
    return &tcp.link;
}
