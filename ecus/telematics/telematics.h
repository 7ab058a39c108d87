/*
 * The telematics unit TCU of the infotainment bus, without its platform: frames and a clock in, frames out.
 *
 * It sleeps until there is traffic on the bus, boots, registers, tells its position and makes the automatic emergency
 * call. With the bus asleep it falls asleep too, unless a call is up. The clock counts ms and may wrap.
 */
#ifndef TELEMATICS_H
#define TELEMATICS_H

#include "e2e.h"
#include "ecall.h"
#include "frame.h"
#include "position.h"
#include "slot.h"

struct telematics {
    struct outlet outlet;
    struct slot slots[SENT_MESSAGES];
    struct e2e_input crash;
    struct e2e_input speed;
    struct e2e_input mode;
    struct ecall call;
    struct position position;
    uint8_t veh[8];        /* the last CGW_Veh_01 that could be used */
    uint32_t woken_at;
    uint16_t silent_turns; /* of the task, since the last frame from anybody */
    uint32_t task_at;      /* the next turn of the 10 ms task */
    uint32_t position_at;  /* the next step of the position */
    uint32_t synced_at;    /* the last frame with the time of day */
    uint32_t utc_seconds;  /* what it said */
    uint16_t utc_ms;
    uint8_t awake;
    uint8_t speaks;
    uint8_t booted;
    uint8_t registered;
    uint8_t parking;       /* the last power mode was POST_RUN, so silence will mean sleep */
};

/* Without power before, asleep afterwards. */
void telematics_power_up(struct telematics *unit, struct outlet outlet);

/* A frame arrived at `now`. */
void telematics_receive(struct telematics *unit, const struct frame *frame, uint32_t now);

/* Does everything that is due at `now`. */
void telematics_run(struct telematics *unit, uint32_t now);

/* When telematics_run has something to do next; asleep that is a second from now, and nothing. */
uint32_t telematics_due(const struct telematics *unit, uint32_t now);

#endif
