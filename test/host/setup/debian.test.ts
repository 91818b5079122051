import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSetup } from "./load.js";

interface Need {
  readonly package: string;
  readonly thing: string;
  readonly why: string;
}
interface Distribution {
  readonly id: string;
  readonly version: string;
  readonly name: string;
}

const { whyNotInstall, explain } = await loadSetup<{
  whyNotInstall(distribution: Distribution, uid: number): string | undefined;
  explain(missing: readonly Need[], obstacle: string, purpose: { guest: boolean }): string;
}>("debian.mjs");

const debian = (version: string) => ({ id: "debian", version, name: `Debian ${version}` });

test("root on Debian 12 or newer, or on one not released yet, installs by itself", () => {
  for (const version of ["12", "13", ""])
    assert.equal(whyNotInstall(debian(version), 0), undefined);
});

test("what stands in the way is named: the distribution, its age, or not being root", () => {
  const fedora = { id: "fedora", version: "42", name: "Fedora Linux 42" };
  assert.match(whyNotInstall(fedora, 0) ?? "", /this is Fedora Linux 42\.$/);
  assert.match(whyNotInstall({ id: "", version: "", name: "" }, 0) ?? "", /another system/);
  assert.match(whyNotInstall(debian("11"), 0) ?? "", /^Debian 11 is too old/);
  assert.match(whyNotInstall(debian("12"), 1000) ?? "", /needs root/);
});

test("the explanation names each missing thing, its use, its package and the command", () => {
  const missing = [
    { package: "clang", thing: "the command clang", why: "compiles" },
    { package: "libbpf1", thing: "the library libbpf.so.1", why: "loads" },
  ];
  const text = explain(missing, "This is why.", { guest: true });
  assert.ok(text.includes("the command clang, which compiles (Debian: clang)"), text);
  assert.ok(text.includes("This is why."), text);
  assert.ok(text.includes("apt-get install --no-install-recommends clang libbpf1\n"), text);
  assert.ok(text.includes("npm run test:fast"), text);
  assert.ok(!explain(missing, "", { guest: false }).includes("test:fast"));
});
