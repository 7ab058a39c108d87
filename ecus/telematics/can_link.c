/* A raw socket of SocketCAN, with CAN FD. Source: Linux kernel documentation, networking/can. */
#include <errno.h>
#include <linux/can.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"

static const char *name;

static int receive(struct link *link, struct frame *frame)
{
    struct canfd_frame got;
    ssize_t size = recv(link->fd, &got, sizeof got, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (size < 0)
        give_up("cannot receive on", name);
    if (got.can_id & (CAN_EFF_FLAG | CAN_RTR_FLAG | CAN_ERR_FLAG))
        return 0;
    frame->id = got.can_id & CAN_SFF_MASK;
    frame->fd = size == CANFD_MTU;
    frame->length = got.len;
    memcpy(frame->data, got.data, got.len);
    return 1;
}

static void transmit(void *to, const struct frame *frame)
{
    struct canfd_frame out = {.can_id = frame->id, .len = frame->length, .flags = frame->fd ? CANFD_BRS : 0};
    memcpy(out.data, frame->data, frame->length);
    size_t size = frame->fd ? CANFD_MTU : CAN_MTU;
    ssize_t written = send(((struct link *)to)->fd, &out, size, MSG_DONTWAIT);
    if (written < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
        give_up("cannot send on", name);
}

struct link *can_link(const char *interface)
{
    static struct link link = {-1, receive, transmit};
    struct sockaddr_can address = {.can_family = AF_CAN};
    int on = 1;
    name = interface;
    link.fd = socket(PF_CAN, SOCK_RAW, CAN_RAW);
    if (link.fd < 0)
        give_up("this kernel has no CAN sockets for", interface);
    address.can_ifindex = (int)if_nametoindex(interface);
    if (address.can_ifindex == 0)
        give_up("there is no interface", interface);
    if (setsockopt(link.fd, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, &on, sizeof on) < 0 ||
        bind(link.fd, (struct sockaddr *)&address, sizeof address) < 0)
        give_up("cannot open", interface);
    return &link;
}
