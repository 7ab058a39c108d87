#include "slcan.h"

static const uint8_t LENGTHS[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64};
static const char DIGITS[] = "0123456789ABCDEF";

void slcan_begin(struct slcan *port)
{
    port->open = port->spoilt = 0;
    port->length = 0;
}

static int32_t digit(char one)
{
    if (one >= '0' && one <= '9')
        return one - '0';
    if (one >= 'A' && one <= 'F')
        return one - 'A' + 10;
    if (one >= 'a' && one <= 'f')
        return one - 'a' + 10;
    return -1;
}

/* The number that `count` hexadecimal digits mean, or -1. */
static int32_t number(const char *text, unsigned count)
{
    int32_t value = 0;
    for (unsigned i = 0; i < count; i++) {
        if (digit(text[i]) < 0)
            return -1;
        value = value * 16 + digit(text[i]);
    }
    return value;
}

static enum slcan_event read_frame(const struct slcan *port, struct frame *frame)
{
    const char *line = port->line;
    if (port->length < 5)
        return SLCAN_WRONG;
    int32_t id = number(line + 1, 3), dlc = number(line + 4, 1);
    frame->fd = line[0] != 't';
    if (id < 0 || id > 0x7FF || dlc < 0 || (dlc > 8 && !frame->fd) || port->length != 5 + 2 * LENGTHS[dlc])
        return SLCAN_WRONG;
    frame->id = (uint32_t)id;
    frame->length = LENGTHS[dlc];
    for (unsigned i = 0; i < frame->length; i++) {
        int32_t byte = number(line + 5 + 2 * i, 2);
        if (byte < 0)
            return SLCAN_WRONG;
        frame->data[i] = (uint8_t)byte;
    }
    return port->open ? SLCAN_FRAME : SLCAN_WRONG;
}

static enum slcan_event obey(struct slcan *port, struct frame *frame)
{
    if (port->spoilt)
        return SLCAN_WRONG;
    if (port->length == 0)
        return SLCAN_NOTHING;
    switch (port->line[0]) {
    case 't':
    case 'd':
    case 'b':
        return read_frame(port, frame);
    case 'T': /* extended and remote frames: the bus of this unit has none, so it has nothing to do with them */
    case 'D':
    case 'B':
    case 'r':
    case 'R':
        return SLCAN_NOTHING;
    case 'O':
        port->open = 1;
        return SLCAN_DONE;
    case 'C':
        port->open = 0;
        return SLCAN_DONE;
    case 'S': /* bit rates mean nothing on a line that has no CAN controller behind it */
    case 's':
    case 'Y':
        return SLCAN_DONE;
    default:
        return SLCAN_WRONG;
    }
}

enum slcan_event slcan_byte(struct slcan *port, char byte, struct frame *frame)
{
    if (byte != '\r') {
        if (port->length < SLCAN_LINE)
            port->line[port->length++] = byte;
        else
            port->spoilt = 1;
        return SLCAN_NOTHING;
    }
    enum slcan_event event = obey(port, frame);
    port->length = 0;
    port->spoilt = 0;
    return event;
}

unsigned slcan_text(const struct frame *frame, char *text)
{
    unsigned dlc = 0, length = 0;
    while (LENGTHS[dlc] < frame->length)
        dlc++;
    text[length++] = frame->fd ? 'b' : 't';
    text[length++] = DIGITS[frame->id >> 8 & 0xF];
    text[length++] = DIGITS[frame->id >> 4 & 0xF];
    text[length++] = DIGITS[frame->id & 0xF];
    text[length++] = DIGITS[dlc];
    for (unsigned i = 0; i < frame->length; i++) {
        text[length++] = DIGITS[frame->data[i] >> 4];
        text[length++] = DIGITS[frame->data[i] & 0xF];
    }
    text[length++] = '\r';
    return length;
}
