/* A CAN frame with an 11-bit identifier: classic up to 8 bytes, or FD with bit-rate switch. */
#ifndef FRAME_H
#define FRAME_H

#include <stdint.h>

struct frame {
    uint32_t id;
    uint8_t fd;
    uint8_t length; /* bytes; in an FD frame one of the lengths that a DLC can say */
    uint8_t data[64];
};

#endif
