/* One message that the unit sends: content, cycle, minimum delay, alive counter. All times in ms. */
#ifndef SLOT_H
#define SLOT_H

#include "database.h"
#include "frame.h"

struct outlet {
    void (*send)(void *to, const struct frame *frame);
    void *to;
};

struct slot {
    uint32_t grid; /* the next cyclic release; an event does not shift it */
    uint32_t sent_at;
    uint32_t waits_until;
    uint8_t message;
    uint8_t counter;
    uint8_t sent;  /* at least once */
    uint8_t waits; /* for the end of the minimum delay */
    uint8_t event; /* what waits was asked for by an event */
    uint8_t data[64];
};

/* Fills in the start values and begins the cyclic grid at `now` plus the message's offset. */
void slot_begin(struct slot *slot, enum message message, uint32_t now);

/* Sends what is due at `now`. */
void slot_run(struct slot *slot, uint32_t now, const struct outlet *outlet);

/* Asks for one release now, or as soon as the minimum delay allows. */
void slot_event(struct slot *slot, uint32_t now, const struct outlet *outlet);

/* When slot_run has something to do next. */
uint32_t slot_due(const struct slot *slot);

/* Whether the clock, which wraps, has reached that instant. */
static inline int reached(uint32_t now, uint32_t instant)
{
    return (int32_t)(now - instant) >= 0;
}

#endif
