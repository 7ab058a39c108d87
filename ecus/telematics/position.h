/*
 * The position of a unit whose antenna is not connected: the last one known, with a doubt that grows with the way.
 *
 * Without heading nobody knows where the vehicle went, only how far it can have come at most. Lengths in 0.1 mm.
 */
#ifndef POSITION_H
#define POSITION_H

#include <stdint.h>

enum { POSITION_STEP_MS = 50, SPEED_UNKNOWN = 0xFFFF };

struct position {
    uint32_t radius;
};

void position_begin(struct position *position);

/* POSITION_STEP_MS have gone by at this speed, in the bus's 0.01 km/h or SPEED_UNKNOWN. */
void position_step(struct position *position, uint32_t speed);

/* Content of TCU_Gnss_01 and TCU_Gnss_02, but for the time. */
void position_tell(const struct position *position, uint32_t speed, uint8_t *gnss_01, uint8_t *gnss_02);

#endif
