/*
 * The automatic emergency call: which crash report triggers it, and through which states it goes.
 *
 * The mobile network and the rescue centre are played here too, with the answer times of the bench's virtual rig.
 * Source for the order of states: EN 16072 and EN 16062 (derived from, not certified to).
 */
#ifndef ECALL_H
#define ECALL_H

#include <stdint.h>

struct ecall {
    uint32_t since;    /* when the present state began, ms */
    uint32_t crash_at; /* the last crash frame, ms */
    uint8_t state;     /* as EcallState on the bus */
    uint8_t attempts;  /* how often the minimum set of data was sent */
    uint8_t row;       /* usable frames on end that said YES */
    uint8_t calm;      /* and NO */
    uint8_t answered;  /* this crash has had its call */
};

void ecall_begin(struct ecall *call, uint32_t now);

/* Takes what a crash frame says: CrashDetected, or -1 if the frame must not be used. Says whether a call begins. */
int ecall_crash(struct ecall *call, int32_t detected, uint32_t now);

/* Goes on to the next state when its time has come; says whether it did. */
int ecall_run(struct ecall *call, uint32_t now);

/* EcallTrigger, AudioRequest and SosTelltale of the present state. */
uint8_t ecall_trigger(const struct ecall *call);
uint8_t ecall_audio(const struct ecall *call);
uint8_t ecall_telltale(const struct ecall *call);

#endif
