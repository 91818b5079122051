/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Nothing reads these: they put the types of the record into the object's BTF, for the host.
 * Constant, so that a hook has no map of variables for them.
 */
#ifndef GS_HOOK_LAYOUT_H
#define GS_HOOK_LAYOUT_H

#include "hook/record.h"
#include "hook/tree.h"

const struct gs_hook_event *const layout_hook_event __attribute__((unused)) = 0;
const struct gs_arg *const layout_arg __attribute__((unused)) = 0;
const struct gs_bytes *const layout_bytes __attribute__((unused)) = 0;
const struct gs_path *const layout_path __attribute__((unused)) = 0;
const struct gs_sock *const layout_sock __attribute__((unused)) = 0;
const struct gs_skb *const layout_skb __attribute__((unused)) = 0;
const struct gs_sockaddr *const layout_sockaddr __attribute__((unused)) = 0;
const struct gs_cred *const layout_cred __attribute__((unused)) = 0;
const struct gs_user_ns *const layout_user_ns __attribute__((unused)) = 0;
const struct gs_bpf_object *const layout_bpf_object __attribute__((unused)) = 0;
const struct gs_perf_event *const layout_perf_event __attribute__((unused)) = 0;
const struct gs_tree_key *const layout_tree_key __attribute__((unused)) = 0;
const struct gs_tree_stack *const layout_tree_stack __attribute__((unused)) = 0;
const struct gs_tree_news *const layout_tree_news __attribute__((unused)) = 0;
const struct gs_tree_counters *const layout_tree_counters __attribute__((unused)) = 0;
const struct gs_module *const layout_module __attribute__((unused)) = 0;
const enum gs_record_type *const layout_record_type __attribute__((unused)) = 0;
const enum gs_hook_action *const layout_hook_action __attribute__((unused)) = 0;
const enum gs_hook_flag *const layout_hook_flag __attribute__((unused)) = 0;
const enum gs_arg_kind *const layout_arg_kind __attribute__((unused)) = 0;
const enum gs_arg_error *const layout_arg_error __attribute__((unused)) = 0;
const enum gs_arg_path_flag *const layout_arg_path_flag __attribute__((unused)) = 0;

char LICENSE[] SEC("license") = "GPL";
const enum gs_test *const layout_test __attribute__((unused)) = 0;
const enum gs_part *const layout_part __attribute__((unused)) = 0;
const enum gs_stage *const layout_stage __attribute__((unused)) = 0;
const enum gs_capability_set *const layout_capability_set __attribute__((unused)) = 0;
const enum gs_fd_action *const layout_fd_action __attribute__((unused)) = 0;
const enum gs_rate_scope *const layout_rate_scope __attribute__((unused)) = 0;

#endif
