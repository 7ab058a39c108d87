/*
 * What the unit knows of the infotainment bus, by hand from dbc/info.dbc; tests/ecus hold every line against the file.
 *
 * A signal is little-endian: start is its lowest bit. "Start value" is what goes out before anybody has set it, raw.
 */
#ifndef DATABASE_H
#define DATABASE_H

#include <stdint.h>

/* name, identifier, bytes, cycle ms, offset ms, minimum delay ms, profile, Data ID, greatest counter step */
#define RECEIVED(X)                                            \
    X(CGW_Veh_01, 0x300, 8, 20, 0, 0, P01, 0x3300, 2)          \
    X(CGW_PowerMode_01, 0x304, 8, 50, 2, 5, P02, 0x3304, 2)    \
    X(CGW_Crash_01, 0x348, 8, 20, 1, 0, P02, 0x3348, 2)        \
    X(CGW_TimeSync_Info, 0x354, 8, 1000, 14, 0, NONE, 0, 2)

#define SENT(X)                                                \
    X(TCU_Status_01, 0x324, 8, 100, 7, 0, NONE, 0, 2)          \
    X(TCU_Gnss_01, 0x328, 24, 200, 10, 0, P05, 0x3328, 2)      \
    X(TCU_Gnss_02, 0x32C, 8, 1000, 13, 0, NONE, 0, 2)          \
    X(TCU_eCall_01, 0x330, 8, 100, 8, 20, P02, 0x3330, 2)      \
    X(TCU_Cloud_01, 0x33C, 8, 500, 11, 0, NONE, 0, 2)          \
    X(TCU_Ota_01, 0x340, 8, 500, 12, 0, NONE, 0, 2)

/* The 16 Data IDs of profile 2, by counter. */
#define DATA_IDS(X)                                                                                       \
    X(CGW_PowerMode_01, 0x08, 0x18, 0x28, 0x38, 0x48, 0x58, 0x68, 0x78, 0x88, 0x98, 0xA8, 0xB8, 0xC8,     \
      0xD8, 0xE8, 0xF8)                                                                                   \
    X(CGW_Crash_01, 0x4C, 0xE4, 0x81, 0x1E, 0xB6, 0x53, 0xEB, 0x88, 0x25, 0xBD, 0x5A, 0xF2, 0x8F, 0x2C,   \
      0xC4, 0x61)                                                                                         \
    X(TCU_eCall_01, 0x34, 0x9C, 0x09, 0x71, 0xD9, 0x46, 0xAE, 0x1B, 0x83, 0xEB, 0x58, 0xC0, 0x2D, 0x95,   \
      0x02, 0x6A)

/* message, signal, start bit, bits, signed, start value */
#define SIGNALS(X)                                             \
    X(CGW_Veh_01, VehicleSpeed, 16, 16, 0, 0)                  \
    X(CGW_Veh_01, VehSpeedQual, 32, 2, 0, 2)                   \
    X(CGW_PowerMode_01, PowerMode, 12, 3, 0, 0)                \
    X(CGW_Crash_01, CrashDetected, 12, 2, 0, 0)                \
    X(CGW_TimeSync_Info, UtcSeconds, 0, 32, 0, 0xFFFFFFFF)     \
    X(CGW_TimeSync_Info, UtcMs, 32, 10, 0, 0)                  \
    X(TCU_Status_01, NadState, 0, 3, 0, 0)                     \
    X(TCU_Status_01, Rat, 3, 3, 0, 0)                          \
    X(TCU_Status_01, SimState, 6, 2, 0, 0)                     \
    X(TCU_Status_01, SignalDbm, 8, 8, 0, 255)                  \
    X(TCU_Status_01, BackupBatt, 16, 8, 0, 100)                \
    X(TCU_Status_01, AntennaFault, 24, 1, 0, 0)                \
    X(TCU_Status_01, TcuDtcCount, 32, 8, 0, 0)                 \
    X(TCU_Gnss_01, Latitude, 24, 32, 1, 0x80000000)            \
    X(TCU_Gnss_01, Longitude, 56, 32, 1, 0x80000000)           \
    X(TCU_Gnss_01, Altitude, 88, 24, 1, 0xFF800000)            \
    X(TCU_Gnss_01, Heading, 112, 16, 0, 65535)                 \
    X(TCU_Gnss_01, GnssSpeed, 128, 16, 0, 65535)               \
    X(TCU_Gnss_01, HorizAcc, 144, 16, 0, 65535)                \
    X(TCU_Gnss_02, FixType, 0, 3, 0, 0)                        \
    X(TCU_Gnss_02, SatsUsed, 8, 8, 0, 0)                       \
    X(TCU_Gnss_02, Hdop, 16, 8, 0, 255)                        \
    X(TCU_Gnss_02, UtcSeconds, 24, 32, 0, 0xFFFFFFFF)          \
    X(TCU_eCall_01, EcallState, 12, 4, 0, 0)                   \
    X(TCU_eCall_01, EcallTrigger, 16, 2, 0, 0)                 \
    X(TCU_eCall_01, MsdAttempts, 18, 4, 0, 0)                  \
    X(TCU_eCall_01, AudioRequest, 22, 1, 0, 0)                 \
    X(TCU_eCall_01, SosTelltale, 24, 2, 0, 0)                  \
    X(TCU_Cloud_01, CloudState, 0, 3, 0, 0)                    \
    X(TCU_Cloud_01, BufferedMsgs, 8, 16, 0, 0)                 \
    X(TCU_Cloud_01, DroppedMsgs, 24, 16, 0, 0)                 \
    X(TCU_Cloud_01, Rtt, 40, 16, 0, 65535)                     \
    X(TCU_Ota_01, OtaState, 0, 4, 0, 0)                        \
    X(TCU_Ota_01, OtaTarget, 4, 4, 0, 0)                       \
    X(TCU_Ota_01, OtaProgress, 8, 8, 0, 0)                     \
    X(TCU_Ota_01, OtaErr, 16, 8, 0, 0)

/* signal, label, value */
#define LABELS(X)                                              \
    X(PowerMode, POST_RUN, 4)                                  \
    X(VehSpeedQual, VALID, 2)                                  \
    X(VehicleSpeed, SNA, 0xFFFF)                               \
    X(UtcSeconds, SNA, 0xFFFFFFFF)                             \
    X(CrashDetected, NO, 0)                                    \
    X(CrashDetected, YES, 1)                                   \
    X(NadState, BOOT, 1)                                       \
    X(NadState, SEARCH, 2)                                     \
    X(NadState, REGISTERED, 3)                                 \
    X(Rat, LTE, 3)                                             \
    X(SimState, READY, 1)                                      \
    X(GnssSpeed, SNA, 0xFFFF)                                  \
    X(HorizAcc, SNA, 0xFFFF)                                   \
    X(FixType, NONE, 0)                                        \
    X(FixType, DR, 4)                                          \
    X(EcallState, IDLE, 0)                                     \
    X(EcallState, TRIGGERED, 1)                                \
    X(EcallState, DIALLING, 2)                                 \
    X(EcallState, MSD_SENDING, 3)                              \
    X(EcallState, MSD_ACKED, 4)                                \
    X(EcallState, VOICE, 5)                                    \
    X(EcallState, CALLBACK_WAIT, 7)                            \
    X(EcallTrigger, NONE, 0)                                   \
    X(EcallTrigger, AUTO, 2)                                   \
    X(SosTelltale, GREEN, 1)                                   \
    X(SosTelltale, FLASH, 3)

enum message {
#define NAME(name, ...) name,
    SENT(NAME) SENT_MESSAGES,
    BEFORE_RECEIVED = SENT_MESSAGES - 1,
    RECEIVED(NAME) MESSAGE_COUNT
#undef NAME
};

enum signal {
#define NAME(message, signal, ...) message##_##signal,
    SIGNALS(NAME) SIGNAL_COUNT
#undef NAME
};

enum {
#define NAME(signal, label, value) signal##_is_##label = (int)(value),
    LABELS(NAME)
#undef NAME
};

enum profile { NONE, P01, P02, P05 };

/* One message as the database declares it; times in ms. */
struct message_layout {
    uint16_t id;
    uint16_t cycle;
    uint16_t data_id;
    uint8_t length;
    uint8_t offset;
    uint8_t min_delay;
    uint8_t profile;
    uint8_t max_delta;
};

extern const struct message_layout LAYOUTS[MESSAGE_COUNT];

/* Zero but for messages under profile 2. */
extern const uint8_t DATA_ID_LISTS[MESSAGE_COUNT][16];

/* Raw value of a signal in a payload; a signed one comes extended to 32 bits. */
uint32_t signal_get(const uint8_t *data, enum signal signal);

/* Writes the lowest bits of a raw value; all other bits stay. Says whether that changed anything. */
int signal_put(uint8_t *data, enum signal signal, uint32_t raw);

/* Fills a payload with the start values of the message's signals, zero elsewhere. */
void message_start(uint8_t *data, enum message message);

#endif
