import { conformanceSuite } from "./suite.js";

conformanceSuite({
  title: "conformance, in the scope of everything",
  scope: () => ({ kind: "all" }),
  inGuest: true,
});
