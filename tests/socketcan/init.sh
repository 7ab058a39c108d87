#!/bin/busybox sh
# The first process of the User Mode Linux that uml.py boots: CAN interfaces, then the command, then off.
# $ORDERS is the folder where uml.py wrote what to do, $IP is iproute2; the file system is that of the machine outside.
set -e # the end of this process is a kernel panic, below the words of what went wrong

# With its path: without /proc, busybox takes the program that it sees as /proc/self/exe outside for itself.
/bin/busybox mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir /dev/pts /dev/shm # /dev is this kernel's own already
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm

modules=$(echo /usr/lib/uml/modules/*/kernel)
for module in net/can/can net/can/can-raw net/can/can-bcm net/can/can-gw \
    drivers/net/can/dev/can-dev drivers/net/can/vcan drivers/net/can/vxcan drivers/net/can/slcan/slcan; do
    insmod "$modules/$module.ko"
done
$IP link set lo up
for name in vcan0 vcan1; do
    $IP link add "$name" type vcan
    $IP link set "$name" mtu 72 up # 72 bytes hold an FD frame
done

# Pipes and not the consoles, so that the command does not take itself for a user at a terminal.
stty -F /dev/console raw
stty -F /dev/tty1 raw
mkfifo /dev/shm/out /dev/shm/err
cat /dev/shm/out >/dev/console &
out=$!
cat /dev/shm/err >/dev/tty1 &
err=$!
code=0
/bin/sh "$ORDERS/orders" </dev/null >/dev/shm/out 2>/dev/shm/err || code=$?
# What the command left running must not keep the pipes open for ever.
(sleep 1 && kill -9 -1) &
wait $out $err 2>/dev/null || true

echo $code >"$ORDERS/exit"
echo 0 >/proc/sys/kernel/printk
poweroff -f
