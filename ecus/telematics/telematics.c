#include "telematics.h"

#include "defects.h"

/* Times in ms. They are bench defaults, the same as those of the virtual unit in bench/ecu/tcu. */
enum {
    TASK = 10,
    FIRST_FRAMES = 150,
    BOOT = 1500,
    REGISTRATION = 5000,
    CRASH_TIMEOUT = 100,
    SPEED_TIMEOUT = 200,
    MODE_TIMEOUT = 500,
    TIME_TIMEOUT = 3000,
    /* Turns of the task without any frame until the unit falls asleep. They are counted and not timed, so that a unit
     * which stood still itself does not take that for silence. */
    SILENT_TURNS = 300,
    SILENT_TURNS_PARKING = 6, /* three cycles of the fastest message, when sleep has been announced */
    SIGNAL_DBM = -85 + 150,
};

#define UTC_UNKNOWN ((uint32_t)UtcSeconds_is_SNA)

static void wake(struct telematics *unit, uint32_t now)
{
    unit->awake = 1;
    unit->speaks = unit->booted = unit->registered = unit->parking = 0;
    unit->woken_at = unit->task_at = now;
    unit->utc_seconds = UTC_UNKNOWN;
    e2e_begin(&unit->mode, CGW_PowerMode_01, MODE_TIMEOUT, now);
    ecall_begin(&unit->call, now);
    position_begin(&unit->position);
    for (unsigned i = 0; i < SENT_MESSAGES; i++)
        slot_begin(&unit->slots[i], (enum message)i, now);
    uint8_t *status = unit->slots[TCU_Status_01].data;
    signal_put(status, TCU_Status_01_NadState, NadState_is_BOOT);
    signal_put(status, TCU_Status_01_AntennaFault, 1);
    signal_put(status, TCU_Status_01_TcuDtcCount, 1);
}

static void tell_call(struct telematics *unit, uint32_t now)
{
    struct slot *slot = &unit->slots[TCU_eCall_01];
    int changed = signal_put(slot->data, TCU_eCall_01_EcallState, unit->call.state);
    changed |= signal_put(slot->data, TCU_eCall_01_EcallTrigger, ecall_trigger(&unit->call));
    changed |= signal_put(slot->data, TCU_eCall_01_MsdAttempts, unit->call.attempts);
    changed |= signal_put(slot->data, TCU_eCall_01_AudioRequest, ecall_audio(&unit->call));
    changed |= signal_put(slot->data, TCU_eCall_01_SosTelltale, ecall_telltale(&unit->call));
    if (changed)
        slot_event(slot, now, &unit->outlet);
}

static void start_up(struct telematics *unit, uint32_t now)
{
    uint8_t *status = unit->slots[TCU_Status_01].data;
    uint32_t age = now - unit->woken_at;
    if (!unit->speaks && age >= FIRST_FRAMES) {
        unit->speaks = 1;
        for (unsigned i = 0; i < SENT_MESSAGES; i++)
            unit->slots[i].grid = now + LAYOUTS[i].offset;
    }
    if (!unit->booted && age >= BOOT) {
        unit->booted = 1;
        unit->position_at = now;
        e2e_begin(&unit->crash, CGW_Crash_01, CRASH_TIMEOUT, now);
        e2e_begin(&unit->speed, CGW_Veh_01, SPEED_TIMEOUT, now);
        signal_put(status, TCU_Status_01_NadState, NadState_is_SEARCH);
        signal_put(status, TCU_Status_01_SimState, SimState_is_READY);
        tell_call(unit, now);
    }
    if (!unit->registered && age >= BOOT + REGISTRATION) {
        unit->registered = 1;
        signal_put(status, TCU_Status_01_NadState, NadState_is_REGISTERED);
        signal_put(status, TCU_Status_01_Rat, Rat_is_LTE);
        signal_put(status, TCU_Status_01_SignalDbm, SIGNAL_DBM);
    }
}

static uint32_t utc(const struct telematics *unit, uint32_t now)
{
    uint32_t age = now - unit->synced_at;
    if (unit->utc_seconds == UTC_UNKNOWN || age >= TIME_TIMEOUT)
        return UTC_UNKNOWN;
    return unit->utc_seconds + (unit->utc_ms + age) / 1000u;
}

static uint32_t bus_speed(struct telematics *unit, uint32_t now)
{
    if (!e2e_valid(&unit->speed, now) || signal_get(unit->veh, CGW_Veh_01_VehSpeedQual) != VehSpeedQual_is_VALID)
        return SPEED_UNKNOWN;
    return signal_get(unit->veh, CGW_Veh_01_VehicleSpeed); /* its SNA is SPEED_UNKNOWN */
}

static void find(struct telematics *unit, uint32_t now)
{
    if (!reached(now, unit->position_at))
        return;
    uint32_t speed = bus_speed(unit, now);
    do {
        position_step(&unit->position, speed);
        unit->position_at += POSITION_STEP_MS;
    } while (reached(now, unit->position_at));
    uint8_t *gnss_02 = unit->slots[TCU_Gnss_02].data;
    position_tell(&unit->position, speed, unit->slots[TCU_Gnss_01].data, gnss_02);
    signal_put(gnss_02, TCU_Gnss_02_UtcSeconds, utc(unit, now));
}

static int falls_asleep(struct telematics *unit)
{
    if (unit->silent_turns < SILENT_TURNS)
        unit->silent_turns++;
    return unit->call.state == EcallState_is_IDLE &&
           unit->silent_turns >= (unit->parking ? SILENT_TURNS_PARKING : SILENT_TURNS);
}

void telematics_power_up(struct telematics *unit, struct outlet outlet)
{
    unit->outlet = outlet;
    unit->awake = 0;
}

void telematics_receive(struct telematics *unit, const struct frame *frame, uint32_t now)
{
    unit->silent_turns = 0;
    if (!unit->awake)
        wake(unit, now);
    if (frame->id == LAYOUTS[CGW_PowerMode_01].id) {
        if (e2e_receive(&unit->mode, frame->data, frame->length, now) <= E2E_INITIAL)
            unit->parking = signal_get(frame->data, CGW_PowerMode_01_PowerMode) == PowerMode_is_POST_RUN;
    } else if (frame->id == LAYOUTS[CGW_TimeSync_Info].id && frame->length == LAYOUTS[CGW_TimeSync_Info].length) {
        unit->synced_at = now;
        unit->utc_seconds = signal_get(frame->data, CGW_TimeSync_Info_UtcSeconds);
        unit->utc_ms = (uint16_t)signal_get(frame->data, CGW_TimeSync_Info_UtcMs);
    }
    if (!unit->booted)
        return;
    if (frame->id == LAYOUTS[CGW_Veh_01].id) {
        if (e2e_receive(&unit->speed, frame->data, frame->length, now) <= E2E_INITIAL)
            for (unsigned i = 0; i < sizeof unit->veh; i++)
                unit->veh[i] = frame->data[i];
    } else if (frame->id == LAYOUTS[CGW_Crash_01].id) {
        enum e2e_status status = e2e_receive(&unit->crash, frame->data, frame->length, now);
        int32_t detected = (int32_t)signal_get(frame->data, CGW_Crash_01_CrashDetected);
        if (ecall_crash(&unit->call, CRASH_USABLE(status) ? detected : -1, now))
            tell_call(unit, now);
        (void)status;
    }
}

void telematics_run(struct telematics *unit, uint32_t now)
{
    if (!unit->awake)
        return;
    if (reached(now, unit->task_at)) {
        do
            unit->task_at += TASK;
        while (reached(now, unit->task_at));
        if (falls_asleep(unit)) {
            unit->awake = 0;
            return;
        }
        start_up(unit, now);
        if (unit->booted) {
            if (ecall_run(&unit->call, now))
                tell_call(unit, now);
            find(unit, now);
        }
    }
    if (unit->speaks)
        for (unsigned i = 0; i < SENT_MESSAGES; i++)
            slot_run(&unit->slots[i], now, &unit->outlet);
}

uint32_t telematics_due(const struct telematics *unit, uint32_t now)
{
    if (!unit->awake)
        return now + 1000;
    uint32_t due = unit->task_at;
    for (unsigned i = 0; unit->speaks && i < SENT_MESSAGES; i++)
        if (reached(due, slot_due(&unit->slots[i])))
            due = slot_due(&unit->slots[i]);
    return due;
}
