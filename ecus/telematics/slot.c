#include "slot.h"

#include "defects.h"
#include "e2e.h"

void slot_begin(struct slot *slot, enum message message, uint32_t now)
{
    slot->grid = now + LAYOUTS[message].offset;
    slot->message = (uint8_t)message;
    slot->counter = 0;
    slot->sent = slot->waits = slot->event = 0;
    message_start(slot->data, message);
}

static void release(struct slot *slot, uint32_t now, int event, const struct outlet *outlet)
{
    const struct message_layout *layout = &LAYOUTS[slot->message];
    uint32_t earliest = slot->sent_at + layout->min_delay;
    if (slot->sent && !reached(now, earliest)) {
        slot->event = (slot->waits && slot->event) || event;
        slot->waits = 1;
        slot->waits_until = earliest;
        return;
    }
    struct frame frame;
    frame.id = layout->id;
    frame.length = layout->length;
    frame.fd = layout->length > 8;
    if (layout->profile != NONE) {
        if (slot->sent)
            slot->counter = (uint8_t)((slot->counter + (event ? EVENT_COUNTS : 1)) % e2e_modulo(layout->profile));
        e2e_protect(slot->data, (enum message)slot->message, slot->counter);
    }
    for (unsigned i = 0; i < frame.length; i++)
        frame.data[i] = slot->data[i];
    slot->sent = 1;
    slot->sent_at = now;
    slot->waits = 0;
    outlet->send(outlet->to, &frame);
}

void slot_run(struct slot *slot, uint32_t now, const struct outlet *outlet)
{
    if (slot->waits && reached(now, slot->waits_until))
        release(slot, now, slot->event, outlet);
    if (!reached(now, slot->grid))
        return;
    /* After a standstill of the clock the releases that were missed are left out, not made up for. */
    do
        slot->grid += LAYOUTS[slot->message].cycle;
    while (reached(now, slot->grid));
    release(slot, now, 0, outlet);
}

void slot_event(struct slot *slot, uint32_t now, const struct outlet *outlet)
{
    release(slot, now, 1, outlet);
}

uint32_t slot_due(const struct slot *slot)
{
    return slot->waits && !reached(slot->waits_until, slot->grid) ? slot->waits_until : slot->grid;
}
