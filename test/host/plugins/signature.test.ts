import assert from "node:assert/strict";
import { test } from "node:test";
import { PluginManager } from "../../../host/plugins/manager.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import {
  newKeys,
  type SignaturePolicy,
  signatureOf,
  splitSignature,
  type TrustedKey,
  trustedKey,
  withSignature,
} from "../../../host/plugins/signature.js";
import { memoryStorage, type Storage } from "../../../host/plugins/store/storage.js";
import { assemble } from "./assemble.js";
import { chainPort, prepareAnything } from "./store/changes.js";

const [mine, other] = [newKeys(), newKeys()];
const trusted = trustedKey(mine.publicKey, "/keys/team.pub");
const module = Buffer.from("any module");

async function opened(
  policy: SignaturePolicy,
  keys: readonly TrustedKey[] = [trusted],
  storage: Storage = memoryStorage(),
) {
  const lines: string[] = [];
  const manager = await PluginManager.open({
    storage,
    prepare: prepareAnything,
    signatures: { policy, keys },
    onTrouble: (_plugin, line) => lines.push(line),
  });
  manager.attach(chainPort());
  return { manager, lines };
}

test("a signature is the last section of a module that is as good as before, and is replaced", () => {
  const bare = assemble({ functions: [] });
  const signed = withSignature(bare, mine.privateKey, "k");
  assert.ok(WebAssembly.validate(signed));
  assert.deepEqual(Buffer.from(splitSignature(signed).content), Buffer.from(bare));
  const again = withSignature(signed, other.privateKey, "k");
  assert.equal(again.length, signed.length);
  assert.notDeepEqual(again, signed);
  assert.equal(splitSignature(bare).signature, undefined);
});

test("require: only what a trusted key signed is taken, in the module or beside it; others are counted", async () => {
  const { manager, lines } = await opened("require");
  const refused = {
    code: "PERMISSION_DENIED",
    message: /not signed by a key that this daemon trusts/,
  };
  const wrong = withSignature(module, other.privateKey, "k");
  const changed = withSignature(module, mine.privateKey, "k");
  changed[3] = (changed[3] ?? 0) ^ 1;
  for (const bytes of [module, wrong, changed]) {
    await assert.rejects(manager.upload(bytes, { name: "p" }), refused);
  }
  const signature = signatureOf(Buffer.from("another"), mine.privateKey, "k");
  await assert.rejects(manager.upload(module, { name: "p", signature }), refused);
  assert.deepEqual(manager.refusedUploads, { signature: 4, other: 0 });
  assert.equal(lines.length, 4);
  await manager.upload(withSignature(module, mine.privateKey, "k"), { name: "p" });
  await manager.upload(module, {
    name: "q",
    signature: signatureOf(module, mine.privateKey, "k"),
  });
  const signers = (await manager.list()).map(({ stored }) => stored.versions[0]?.signedBy);
  assert.deepEqual(signers, [trusted.id, trusted.id]);
  assert.match(trusted.id, /^team:[0-9a-f]{16}$/);
});

test("warn: what nobody signed is taken and told of; off: nothing is looked at", async () => {
  const warn = await opened("warn");
  await warn.manager.upload(module, { name: "p" });
  assert.deepEqual(warn.lines, [
    "an upload was taken though it is not signed by a key that this daemon trusts",
  ]);
  const off = await opened("off", []);
  await off.manager.upload(module, { name: "p" });
  assert.deepEqual(off.lines, []);
});

test("what was stored before signatures were required, or by a key that is trusted no more, is not run", async () => {
  let saved = memoryStorage();
  const keep = saved;
  saved = {
    ...keep,
    saveState: async (state) => {
      saved = { ...saved, state };
    },
  };
  const first = await opened("warn", [trusted], saved);
  await first.manager.upload(module, { name: "bare" });
  await first.manager.upload(withSignature(module, mine.privateKey, "k"), { name: "signed" });
  const broken = async (keys: readonly TrustedKey[]) => {
    const { manager } = await opened("require", keys, saved);
    return (await manager.list()).map(({ broken }) => broken);
  };
  const [bare, signed] = await broken([trusted]);
  assert.match(
    bare ?? "",
    /it is not signed, and this daemon takes only what a trusted key signed/,
  );
  assert.equal(signed, "");
  const [, gone] = await broken([trustedKey(other.publicKey, "other.pub")]);
  assert.match(gone ?? "", /it is signed by team:/);
});

test("a file that has no key is named", () => {
  assert.throws(
    () => trustedKey("x", "a.pub"),
    /^GuidestarError: a\.pub has no public ed25519 key/,
  );
  assert.throws(
    () => signatureOf(module, "x", "a.key"),
    /a\.key has no private ed25519 key in PEM/,
  );
});

test("a signed plugin passes all checks of an upload", async () => {
  const { compilePlugin } = await import("./testPlugin.js");
  const bytes = await compilePlugin(
    "import { Event, Verdict } from 'guidestar'; export function onEvent(e: Event): Verdict { return Verdict.Keep; }",
  );
  assert.equal(prepareModule(withSignature(bytes, mine.privateKey, "k")).name, "probe");
});
