#include "e2e.h"

enum { BAD_TO_INVALID = 3 };

static uint8_t crc8(uint8_t crc, uint8_t byte, uint8_t polynomial)
{
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++)
        crc = (uint8_t)(crc << 1 ^ (crc & 0x80 ? polynomial : 0));
    return crc;
}

static uint16_t crc16(uint16_t crc, uint8_t byte)
{
    crc ^= (uint16_t)(byte << 8);
    for (int bit = 0; bit < 8; bit++)
        crc = (uint16_t)(crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0));
    return crc;
}

uint32_t e2e_modulo(uint8_t profile)
{
    return profile == P01 ? 15 : profile == P02 ? 16 : 256;
}

/* CRC over the payload without its own bytes. Start and XOR values of profile 1 cancel each other out. */
static uint16_t checksum(const uint8_t *data, enum message message)
{
    const struct message_layout *layout = &LAYOUTS[message];
    uint8_t low = (uint8_t)layout->data_id, high = (uint8_t)(layout->data_id >> 8);
    if (layout->profile == P05) {
        uint16_t crc = 0xFFFF;
        for (unsigned i = 2; i < layout->length; i++)
            crc = crc16(crc, data[i]);
        return crc16(crc16(crc, low), high);
    }
    if (layout->profile == P01) {
        uint8_t crc = crc8(crc8(0, low, 0x1D), high, 0x1D);
        for (unsigned i = 1; i < layout->length; i++)
            crc = crc8(crc, data[i], 0x1D);
        return crc;
    }
    uint8_t crc = 0xFF;
    for (unsigned i = 1; i < layout->length; i++)
        crc = crc8(crc, data[i], 0x2F);
    return crc8(crc, DATA_ID_LISTS[message][data[1] & 0x0F], 0x2F) ^ 0xFF;
}

void e2e_protect(uint8_t *data, enum message message, uint32_t counter)
{
    if (LAYOUTS[message].profile == P05) {
        data[2] = (uint8_t)counter;
        uint16_t crc = checksum(data, message);
        data[0] = (uint8_t)crc;
        data[1] = (uint8_t)(crc >> 8);
    } else {
        data[1] = (uint8_t)((data[1] & 0xF0) | counter);
        data[0] = (uint8_t)checksum(data, message);
    }
}

int32_t e2e_counter(const uint8_t *data, uint32_t length, enum message message)
{
    const struct message_layout *layout = &LAYOUTS[message];
    if (length != layout->length)
        return -1;
    uint16_t crc = checksum(data, message);
    if (layout->profile == P05)
        return data[0] == (crc & 0xFF) && data[1] == crc >> 8 ? data[2] : -1;
    return data[0] == crc ? data[1] & 0x0F : -1;
}

void e2e_begin(struct e2e_input *input, enum message message, uint32_t timeout, uint32_t now)
{
    *input = (struct e2e_input){timeout, now, now, -1, (uint8_t)message, 0, 0};
}

static enum e2e_status judged(struct e2e_input *input, int32_t counter, uint32_t now)
{
    int32_t modulo = (int32_t)e2e_modulo(LAYOUTS[input->message].profile);
    if (counter < 0)
        return E2E_WRONG_CRC;
    if (counter >= modulo) /* such as 15 under profile 1: nobody counts like that, so there is nothing to follow */
        return E2E_WRONG_SEQUENCE;
    int32_t last = input->counter;
    /* A sender that was silent for a whole time-out may have started anew. */
    int anew = last < 0 || now - input->heard_at > input->timeout;
    input->counter = counter;
    input->heard_at = now;
    if (anew)
        return E2E_INITIAL;
    int32_t step = (counter - last + modulo) % modulo;
    if (step == 0)
        return E2E_REPEATED;
    if (step > LAYOUTS[input->message].max_delta)
        return E2E_WRONG_SEQUENCE;
    return step == 1 ? E2E_OK : E2E_SOME_LOST;
}

enum e2e_status e2e_receive(struct e2e_input *input, const uint8_t *data, uint32_t length, uint32_t now)
{
    enum e2e_status status = judged(input, e2e_counter(data, length, (enum message)input->message), now);
    if (status <= E2E_INITIAL) {
        input->bad = 0;
        input->valid = 1;
        input->good_at = now;
    } else if (input->bad < BAD_TO_INVALID && ++input->bad == BAD_TO_INVALID) {
        input->valid = 0;
    }
    return status;
}

int e2e_valid(struct e2e_input *input, uint32_t now)
{
    if (now - input->good_at >= input->timeout)
        input->valid = 0;
    return input->valid;
}
