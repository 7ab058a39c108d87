/*
 * AUTOSAR E2E profiles 1 (variant 1A), 2 and 5: header written and checked, and the state of one received message.
 *
 * Source: AUTOSAR E2E Protocol Specification and CRC library. The state machine is the simplified one that the bench
 * declares for all ECUs of the reference network: three bad frames on end make a message invalid, one good one valid.
 */
#ifndef E2E_H
#define E2E_H

#include "database.h"

enum e2e_status { E2E_OK, E2E_SOME_LOST, E2E_INITIAL, E2E_REPEATED, E2E_WRONG_SEQUENCE, E2E_WRONG_CRC };

/* Values that the alive counter of a profile takes. */
uint32_t e2e_modulo(uint8_t profile);

/* Writes counter and CRC into a payload of `message`. */
void e2e_protect(uint8_t *data, enum message message, uint32_t counter);

/* The counter of a payload whose CRC is right, else -1. */
int32_t e2e_counter(const uint8_t *data, uint32_t length, enum message message);

struct e2e_input {
    uint32_t timeout;  /* ms without a good frame until invalid */
    uint32_t good_at;  /* the last good frame, or the begin */
    uint32_t heard_at; /* the last frame with a right CRC */
    int32_t counter;   /* of that frame; -1 before the first */
    uint8_t message;
    uint8_t bad;       /* frames on end that were not good, at most 3 */
    uint8_t valid;
};

void e2e_begin(struct e2e_input *input, enum message message, uint32_t timeout, uint32_t now);

/* Judges a frame that arrived at `now`. Its content may be used if the status is at most E2E_INITIAL. */
enum e2e_status e2e_receive(struct e2e_input *input, const uint8_t *data, uint32_t length, uint32_t now);

/* Whether the last content still counts at `now`: it has come, has not timed out, was not wrong three times. */
int e2e_valid(struct e2e_input *input, uint32_t now);

#endif
