#!/bin/sh
# The guest's first process. Prepares the system, runs the agent, powers off. Reaps what is orphaned
# meanwhile; if it dies the kernel panics, which ends qemu too.
export PATH=/usr/bin HOME=/root TERM="${TERM:-linux}" LANG=C
mount -t devtmpfs dev /dev 2>/dev/null
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 tmp /tmp
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t tmpfs -o mode=755 run /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
mount -t securityfs securityfs /sys/kernel/security
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr
ip link set lo up
hostname guest
modprobe virtio_pci
modprobe virtio_console
cd /guidestar || exit 1
# Not in PID 1's own session, so that job control and terminals work as on any machine.
setsid -c -w node --enable-source-maps dist/test/guest/agent/main.js
sync
poweroff -f
