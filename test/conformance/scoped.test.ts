import { conformanceSuite } from "./suite.js";

conformanceSuite({
  title: "conformance, scoped to a process tree",
  scope: (stagePid) => ({ kind: "tree", rootPids: [stagePid] }),
  inGuest: false,
});
