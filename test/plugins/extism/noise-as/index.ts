import { Config, Host, Var } from "@extism/as-pdk";

/** Drops /usr/bin/sleep, marks shells, and reports /tmp; counts its calls. */
export function guidestar_batch(): i32 {
  const lines = Host.inputString().split("\n");
  const kept = Var.getString("calls");
  const calls = (kept === null ? 0 : <i32>parseInt(kept, 10)) + 1;
  Var.set("calls", Uint8Array.wrap(String.UTF8.encode(calls.toString())));
  const label = Config.get("label");
  const drop: string[] = [];
  const annotations: string[] = [];
  const findings: string[] = [];
  for (let n = 1; n < lines.length - 1; n++) {
    const event = (n - 1).toString();
    if (lines[n].includes('"binary":"/usr/bin/sleep"')) drop.push(event);
    if (lines[n].includes('"binary":"/bin/sh"')) {
      const value = (label === null ? "none" : label) + " " + calls.toString();
      annotations.push('{"event":' + event + ',"key":"shell","value":"' + value + '"}');
    }
    if (lines[n].includes('"binary":"/tmp/')) {
      findings.push('{"event":' + event + ',"name":"temporary","severity":"high","message":"é"}');
    }
  }
  const answer =
    '{"drop":[' +
    drop.join(",") +
    '],"annotations":[' +
    annotations.join(",") +
    '],"findings":[' +
    findings.join(",") +
    "]}";
  // Not outputString: it counts UTF-16 units, and cuts what is not ASCII.
  Host.output(Uint8Array.wrap(String.UTF8.encode(answer)));
  return 0;
}
