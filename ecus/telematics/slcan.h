/*
 * CAN frames as text, as serial adapters speak it (SLCAN, also called Lawicel), with the letters d and b for CAN FD.
 *
 * Source: the Lawicel CAN232 manual for C, O, L, S, t; python-can's slcan interface for the FD letters.
 * Frames are not acknowledged: a unit on a serial line is no adapter whose user waits for a receipt.
 */
#ifndef SLCAN_H
#define SLCAN_H

#include "frame.h"

enum { SLCAN_LINE = 160 }; /* t, b: letter, 3 digits, DLC, 128 digits, CR */

struct slcan {
    uint8_t open;
    uint8_t spoilt; /* the line was too long, so it will be left out */
    uint16_t length;
    char line[SLCAN_LINE];
};

/* What one byte from the other side completed. */
enum slcan_event { SLCAN_NOTHING, SLCAN_FRAME, SLCAN_DONE, SLCAN_WRONG };

void slcan_begin(struct slcan *port);

/*
 * Takes one byte. SLCAN_FRAME: `frame` holds a frame that was sent to us on the open channel. SLCAN_DONE and
 * SLCAN_WRONG want SLCAN_ACCEPTED or SLCAN_REFUSED as the answer.
 */
enum slcan_event slcan_byte(struct slcan *port, char byte, struct frame *frame);

enum { SLCAN_ACCEPTED = '\r', SLCAN_REFUSED = '\a' };

/* Writes a frame as a line of at most SLCAN_LINE characters, without a zero at its end; gives its length. */
unsigned slcan_text(const struct frame *frame, char *text);

#endif
