/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What kind of system call is it? */
#ifndef GS_SYSCALL_H
#define GS_SYSCALL_H

#include "common/kernel.h"

/* What called exec is known to be one of the two, so numbers of all ABIs can be looked for at once.
 */
static __always_inline bool is_execveat_number(long number)
{
#if defined(__TARGET_ARCH_x86)
	number &= ~0x40000000l;					/* x32 marks its calls */
	return number == 322 || number == 358 || number == 545; /* 64 bit, i386, x32 */
#elif defined(__TARGET_ARCH_arm64)
	return number == 281 || number == 387; /* 64 bit, 32 bit */
#else
	return false;
#endif
}

static __always_inline bool by_execveat(struct task_struct *task, struct linux_binprm *bprm)
{
	if (bprm->fdpath)
		return true;
	/* added to tracing programs by dd6e10fbd9fb (5.15) */
	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return false;
	struct pt_regs___call *registers = (void *)bpf_task_pt_regs(task);
#if defined(__TARGET_ARCH_x86)
	return is_execveat_number(BPF_CORE_READ(registers, orig_ax));
#elif defined(__TARGET_ARCH_arm64)
	return is_execveat_number(BPF_CORE_READ(registers, syscallno));
#else
	return false;
#endif
}

/* A 32-bit program, whose system calls have other numbers; x86's TS_COMPAT, arm64's TIF_32BIT. */
static __always_inline bool is_compat_call(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

#if defined(__TARGET_ARCH_x86)
	return BPF_CORE_READ(task, thread_info.status) & 2;
#else
	return BPF_CORE_READ(task, thread_info.flags) & (1ul << 22);
#endif
}

#endif
