#include "position.h"

#include "database.h"

/* Where a run of the reference vehicle begins, as known from the last drive. */
enum {
    PARKED_LATITUDE = 520000000,  /* 1e-7 degrees */
    PARKED_LONGITUDE = 100291214,
    PARKED_ALTITUDE = 10000,      /* 0.01 m */
    PARKED_RADIUS = 100000,       /* 10 m */
    RECKONING_RADIUS = 3000000,   /* 300 m: beyond that it is no position any more */
    TOP_SPEED = 25200,            /* 70 m/s: what a vehicle may drive while nobody tells its speed */
    LONGEST = 1000000000,
    AGE_STEPS = 10,               /* a report is half a second old when the next one is on the bus */
};

/* Way in one step, 0.1 mm, with 5 % more than the wheels tell: 0.01 km/h in 50 ms is 0.13889 mm. */
static uint32_t way(uint32_t speed)
{
    return (speed == SPEED_UNKNOWN ? TOP_SPEED : speed) * 1459u / 1000u + 1u;
}

void position_begin(struct position *position)
{
    position->radius = PARKED_RADIUS;
}

void position_step(struct position *position, uint32_t speed)
{
    if (position->radius < LONGEST)
        position->radius += speed == 0 ? 0 : way(speed);
}

void position_tell(const struct position *position, uint32_t speed, uint8_t *gnss_01, uint8_t *gnss_02)
{
    uint32_t decimetres = (position->radius + AGE_STEPS * way(speed)) / 1000u + 1u;
    int reckons = position->radius <= RECKONING_RADIUS && speed != SPEED_UNKNOWN;
    signal_put(gnss_01, TCU_Gnss_01_Latitude, PARKED_LATITUDE);
    signal_put(gnss_01, TCU_Gnss_01_Longitude, PARKED_LONGITUDE);
    signal_put(gnss_01, TCU_Gnss_01_Altitude, PARKED_ALTITUDE);
    signal_put(gnss_01, TCU_Gnss_01_GnssSpeed, speed == SPEED_UNKNOWN ? GnssSpeed_is_SNA : speed);
    signal_put(gnss_01, TCU_Gnss_01_HorizAcc, decimetres <= 65534u ? decimetres : HorizAcc_is_SNA);
    signal_put(gnss_02, TCU_Gnss_02_FixType, reckons ? FixType_is_DR : FixType_is_NONE);
}
