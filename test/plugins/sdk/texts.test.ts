import assert from "node:assert/strict";
import { test } from "node:test";
import { Scene } from "../../host/plugins/events.js";
import { generator } from "../../host/plugins/generator.js";
import { chainOf, compilePlugin, configure } from "../../host/plugins/testPlugin.js";

const source = `
  import { annotate, Event, Settings, Verdict } from "guidestar";
  let parts: string[] = [];
  export function onSettings(settings: Settings): void { parts = settings.texts("parts"); }
  export function onEvent(event: Event): Verdict {
    const text = event.process.arguments;
    let said = text.basename.toString();
    for (let n = 0; n < parts.length; n++) {
      const part = parts[n];
      said += "|" + text.equals(part).toString() + " " + text.startsWith(part).toString()
        + " " + text.endsWith(part).toString() + " " + text.indexOf(part).toString();
    }
    annotate("said", said);
    return Verdict.Keep;
  }`;

const alphabet = ["a", "b", "/", "ü", "€", "😀", "\u0080", "ÿ"];

test("texts are compared and searched as bytes are, whatever they hold and wherever they differ", async () => {
  const settings = {
    type: "object",
    properties: { parts: { type: "array", items: { type: "string" }, default: [] } },
  };
  const chain = await chainOf([await compilePlugin(source, { settings })]);
  const random = generator(7);
  const text = (most: number, letters: number) =>
    Array.from({ length: random(most + 1) }, () => alphabet[random(letters)]).join("");
  const scene = new Scene();
  for (let round = 0; round < 60; round++) {
    const letters = round % 2 === 0 ? 3 : alphabet.length;
    const whole = text(40, letters);
    const units = Array.from(whole);
    const [from, to] = [random(units.length + 1), random(units.length + 1)];
    const parts = [whole, `${whole}a`, text(3, letters), text(12, letters)];
    parts.push(
      units.slice(from).join(""),
      units.slice(0, to).join(""),
      units.slice(from, to).join(""),
    );
    await configure(chain, "probe", { parts });
    const [event] = chain.run([scene.exec(scene.process("/x", undefined, { arguments: whole }))]);
    const bytes = Buffer.from(whole);
    const expected = parts.map((part) =>
      [
        whole === part,
        whole.startsWith(part),
        whole.endsWith(part),
        part === "" ? 0 : bytes.indexOf(part),
      ].join(" "),
    );
    const basename = whole.slice(whole.lastIndexOf("/") + 1);
    assert.equal(event?.annotations?.get("probe.said"), [basename, ...expected].join("|"), whole);
  }
});
