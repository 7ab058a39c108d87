#include "database.h"

#define LAYOUT(name, id, length, cycle, offset, min_delay, profile, data_id, max_delta) \
    [name] = {id, cycle, data_id, length, offset, min_delay, profile, max_delta},
const struct message_layout LAYOUTS[MESSAGE_COUNT] = {SENT(LAYOUT) RECEIVED(LAYOUT)};

#define DATA_ID_LIST(name, ...) [name] = {__VA_ARGS__},
const uint8_t DATA_ID_LISTS[MESSAGE_COUNT][16] = {DATA_IDS(DATA_ID_LIST)};

struct place {
    uint32_t start_value;
    uint8_t message;
    uint8_t start;
    uint8_t bits;
    uint8_t is_signed;
};

#define PLACE(message, signal, start, bits, is_signed, start_value) \
    [message##_##signal] = {start_value, message, start, bits, is_signed},
static const struct place PLACES[SIGNAL_COUNT] = {SIGNALS(PLACE)};

uint32_t signal_get(const uint8_t *data, enum signal signal)
{
    const struct place *place = &PLACES[signal];
    uint32_t raw = 0;
    for (unsigned i = 0; i < place->bits; i++) {
        unsigned bit = place->start + i;
        raw |= (uint32_t)(data[bit / 8] >> bit % 8 & 1u) << i;
    }
    if (place->is_signed && place->bits < 32 && raw >> (place->bits - 1))
        raw |= ~0u << place->bits;
    return raw;
}

int signal_put(uint8_t *data, enum signal signal, uint32_t raw)
{
    const struct place *place = &PLACES[signal];
    int changed = 0;
    for (unsigned i = 0; i < place->bits; i++) {
        unsigned bit = place->start + i;
        uint8_t before = data[bit / 8];
        uint8_t mask = (uint8_t)(1u << bit % 8);
        data[bit / 8] = raw >> i & 1u ? before | mask : before & (uint8_t)~mask;
        changed |= data[bit / 8] != before;
    }
    return changed;
}

void message_start(uint8_t *data, enum message message)
{
    for (unsigned i = 0; i < LAYOUTS[message].length; i++)
        data[i] = 0;
    for (unsigned i = 0; i < SIGNAL_COUNT; i++)
        if (PLACES[i].message == message)
            signal_put(data, (enum signal)i, PLACES[i].start_value);
}
