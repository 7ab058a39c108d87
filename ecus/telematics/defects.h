/*
 * Two realistic bugs, each built in by -D; without one the unit is healthy.
 *
 * DEFECT_UNCHECKED_CRASH  the crash message goes past the end-to-end check, and one frame is enough for a call
 * DEFECT_STUCK_COUNTER    the alive counter goes on in cyclic frames only: one sent for an event repeats the last value
 */
#ifndef DEFECTS_H
#define DEFECTS_H

#ifdef DEFECT_UNCHECKED_CRASH
#define CRASH_FRAMES 1
#define CRASH_USABLE(status) 1
#else
#define CRASH_FRAMES 3
#define CRASH_USABLE(status) ((status) <= E2E_INITIAL)
#endif

#ifdef DEFECT_STUCK_COUNTER
#define EVENT_COUNTS 0
#else
#define EVENT_COUNTS 1
#endif

#endif
