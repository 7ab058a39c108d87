/*
 * The unit as bare-metal firmware for the LM3S6965 (Cortex-M3), as QEMU's board lm3s6965evb has it: SLCAN on UART0.
 *
 * Source of registers: Stellaris LM3S6965 data sheet (system control, GPTM, UART) and ARMv7-M (SysTick, NVIC).
 * SysTick runs free and is read as the clock: an interrupt that counted ms would lose some whenever the machine that
 * plays the processor stands still, because pending interrupts merge. Timer 0 only ends the WFI, every ms.
 */
#include "slcan.h"
#include "telematics.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define RIS REGISTER(0x400FE050)
#define RCC REGISTER(0x400FE060)
#define RCGC1 REGISTER(0x400FE104)
#define RCGC2 REGISTER(0x400FE108)
#define GPIOA_AFSEL REGISTER(0x40004420)
#define GPIOA_DEN REGISTER(0x4000451C)
#define UART_DR REGISTER(0x4000C000)
#define UART_FR REGISTER(0x4000C018)
#define UART_IBRD REGISTER(0x4000C024)
#define UART_FBRD REGISTER(0x4000C028)
#define UART_LCRH REGISTER(0x4000C02C)
#define UART_CTL REGISTER(0x4000C030)
#define UART_IFLS REGISTER(0x4000C034)
#define UART_IM REGISTER(0x4000C038)
#define UART_ICR REGISTER(0x4000C044)
#define TIMER_CFG REGISTER(0x40030000)
#define TIMER_TAMR REGISTER(0x40030004)
#define TIMER_CTL REGISTER(0x4003000C)
#define TIMER_IMR REGISTER(0x40030018)
#define TIMER_ICR REGISTER(0x40030024)
#define TIMER_TAILR REGISTER(0x40030028)
#define SYST_CSR REGISTER(0xE000E010)
#define SYST_RVR REGISTER(0xE000E014)
#define SYST_CVR REGISTER(0xE000E018)
#define NVIC_ISER0 REGISTER(0xE000E100)

enum {
    TICKS_PER_MS = 12500, /* 200 MHz / 16 */
    SYSTICK_MASK = 0xFFFFFF,
    UART_IRQ = 5,
    TIMER_IRQ = 19,
    RING = 4096, /* a power of two; 160 ms of a bus that fills the line */
};

struct ring {
    volatile uint32_t in;
    volatile uint32_t out;
    char bytes[RING];
};

static struct ring heard, spoken;
static struct slcan port;
static struct telematics unit;

static void put(struct ring *ring, char byte)
{
    if (ring->in - ring->out < RING) {
        ring->bytes[ring->in % RING] = byte;
        ring->in++;
    }
}

/* Does not lose time as long as it is called every 1.3 s. */
static uint32_t clock_ms(void)
{
    static uint32_t last = SYSTICK_MASK, rest, ms;
    uint32_t value = SYST_CVR;
    rest += (last - value) & SYSTICK_MASK;
    last = value;
    ms += rest / TICKS_PER_MS;
    rest %= TICKS_PER_MS;
    return ms;
}

void uart_interrupt(void)
{
    UART_ICR = 0x7FF;
    while (!(UART_FR & 1u << 4))
        put(&heard, (char)UART_DR);
}

void timer_interrupt(void)
{
    TIMER_ICR = 1;
}

static void start_clocks(void)
{
    /* The order of the data sheet: bypass, crystal of 8 MHz and PLL on, divide by 16, wait for the lock, use it. */
    RCC = (RCC | 1u << 11) & ~(1u << 22);
    RCC = (RCC & ~(0xFu << 6 | 3u << 4 | 1u << 13)) | 0xEu << 6;
    RCC = RCC | 0xFu << 23 | 1u << 22;
    while (!(RIS & 1u << 6))
        ;
    RCC = RCC & ~(1u << 11);
    RCGC1 = RCGC1 | 1u << 16 | 1u;
    RCGC2 = RCGC2 | 1u;
    (void)RCGC2; /* three cycles until the peripherals answer */
    SYST_RVR = SYSTICK_MASK;
    SYST_CVR = 0;
    SYST_CSR = 1u << 2 | 1u;
    TIMER_CTL = 0;
    TIMER_CFG = 0;
    TIMER_TAMR = 2;
    TIMER_TAILR = TICKS_PER_MS - 1;
    TIMER_IMR = 1;
    TIMER_CTL = 1;
}

static void start_uart(void)
{
    GPIOA_AFSEL = GPIOA_AFSEL | 3u;
    GPIOA_DEN = GPIOA_DEN | 3u;
    UART_CTL = 0;
    UART_IBRD = 6; /* 12.5 MHz / (16 * 115200) = 6.7817 */
    UART_FBRD = 50;
    UART_LCRH = 3u << 5 | 1u << 4; /* 8N1 with FIFO */
    UART_IFLS = 0;
    UART_IM = 1u << 6 | 1u << 4; /* received, and received but too few */
    UART_CTL = 1u << 9 | 1u << 8 | 1u;
    NVIC_ISER0 = 1u << UART_IRQ | 1u << TIMER_IRQ;
}

static void transmit(void *to, const struct frame *frame)
{
    char line[SLCAN_LINE];
    (void)to;
    unsigned length = slcan_text(frame, line);
    /* Half a line would spoil the next one. */
    if (!port.open || RING - (spoken.in - spoken.out) < length)
        return;
    for (unsigned i = 0; i < length; i++)
        put(&spoken, line[i]);
}

static void listen(uint32_t now)
{
    struct frame frame;
    while (heard.out != heard.in) {
        char byte = heard.bytes[heard.out % RING];
        heard.out++;
        enum slcan_event event = slcan_byte(&port, byte, &frame);
        if (event == SLCAN_FRAME)
            telematics_receive(&unit, &frame, now);
        else if (event != SLCAN_NOTHING)
            put(&spoken, event == SLCAN_DONE ? SLCAN_ACCEPTED : SLCAN_REFUSED);
    }
}

static void speak(void)
{
    while (spoken.out != spoken.in && !(UART_FR & 1u << 5)) {
        UART_DR = (uint8_t)spoken.bytes[spoken.out % RING];
        spoken.out++;
    }
}

static void work(void)
{
    start_clocks();
    start_uart();
    slcan_begin(&port);
    telematics_power_up(&unit, (struct outlet){transmit, 0});
    for (;;) {
        uint32_t now = clock_ms();
        listen(now);
        telematics_run(&unit, now);
        speak();
        /* WFI ends for a pending interrupt although it is masked, so none can slip in between look and sleep. */
        __asm__ volatile("cpsid i" ::: "memory");
        if (heard.out == heard.in)
            __asm__ volatile("wfi" ::: "memory");
        __asm__ volatile("cpsie i" ::: "memory");
    }
}

/* The compiler may call these two for whole structs. */
void *memset(void *to, int value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        ((char *)to)[i] = (char)value;
    return to;
}

void *memcpy(void *to, const void *from, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        ((char *)to)[i] = ((const char *)from)[i];
    return to;
}

extern uint32_t data_from[], data_begin[], data_end[], bss_begin[], bss_end[], stack_top[];

static void reset(void)
{
    uint32_t *from = data_from;
    for (uint32_t *to = data_begin; to < data_end; to++)
        *to = *from++;
    for (uint32_t *to = bss_begin; to < bss_end; to++)
        *to = 0;
    work();
}

/* Nothing sensible can be done: silence is what the bench will see. */
static void fault(void)
{
    for (;;)
        ;
}

typedef void (*vector)(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    vector exceptions[15];
    vector interrupts[TIMER_IRQ + 1];
} VECTORS = {
    stack_top,
    {reset, fault, fault, fault, fault, fault},
    {[UART_IRQ] = uart_interrupt, [TIMER_IRQ] = timer_interrupt},
};
