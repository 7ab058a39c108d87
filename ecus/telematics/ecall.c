#include "ecall.h"

#include "database.h"
#include "defects.h"

enum { CRASH_GAP_MS = 100 };

/* state, how long it lasts in ms, the next one */
static const struct {
    uint32_t lasts;
    uint8_t state;
    uint8_t next;
} ROUTE[] = {
    {200, EcallState_is_TRIGGERED, EcallState_is_DIALLING},
    {3000, EcallState_is_DIALLING, EcallState_is_MSD_SENDING},
    {2000, EcallState_is_MSD_SENDING, EcallState_is_MSD_ACKED},
    {500, EcallState_is_MSD_ACKED, EcallState_is_VOICE},
    {30000, EcallState_is_VOICE, EcallState_is_CALLBACK_WAIT},
    {20 * 60000, EcallState_is_CALLBACK_WAIT, EcallState_is_IDLE},
};

void ecall_begin(struct ecall *call, uint32_t now)
{
    *call = (struct ecall){now, now, EcallState_is_IDLE, 0, 0, 0, 0};
}

static void enter(struct ecall *call, uint8_t state, uint32_t now)
{
    call->state = state;
    call->since = now;
    if (state == EcallState_is_IDLE || state == EcallState_is_TRIGGERED)
        call->attempts = 0;
    if (state == EcallState_is_MSD_SENDING)
        call->attempts++;
}

/* One more of a row, as far as anybody needs to count, or none. */
static uint8_t counted(uint8_t row, int goes_on)
{
    return (uint8_t)(!goes_on ? 0 : row < CRASH_FRAMES ? row + 1 : row);
}

int ecall_crash(struct ecall *call, int32_t detected, uint32_t now)
{
    if (now - call->crash_at > CRASH_GAP_MS)
        call->row = call->calm = 0;
    call->crash_at = now;
    call->row = counted(call->row, detected == CrashDetected_is_YES);
    call->calm = counted(call->calm, detected == CrashDetected_is_NO);
    if (call->calm == CRASH_FRAMES)
        call->answered = 0;
    if (call->row < CRASH_FRAMES || call->answered)
        return 0;
    call->answered = 1;
    if (call->state != EcallState_is_IDLE && call->state != EcallState_is_CALLBACK_WAIT)
        return 0;
    enter(call, EcallState_is_TRIGGERED, now);
    return 1;
}

int ecall_run(struct ecall *call, uint32_t now)
{
    for (unsigned i = 0; i < sizeof ROUTE / sizeof *ROUTE; i++)
        if (ROUTE[i].state == call->state && now - call->since >= ROUTE[i].lasts) {
            enter(call, ROUTE[i].next, now);
            return 1;
        }
    return 0;
}

uint8_t ecall_trigger(const struct ecall *call)
{
    return call->state == EcallState_is_IDLE ? EcallTrigger_is_NONE : EcallTrigger_is_AUTO;
}

uint8_t ecall_audio(const struct ecall *call)
{
    return call->state >= EcallState_is_DIALLING && call->state <= EcallState_is_VOICE;
}

uint8_t ecall_telltale(const struct ecall *call)
{
    return call->state >= EcallState_is_TRIGGERED && call->state <= EcallState_is_MSD_ACKED ? SosTelltale_is_FLASH
                                                                                           : SosTelltale_is_GREEN;
}
