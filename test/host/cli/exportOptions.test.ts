import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Command } from "commander";
import { UsageError } from "../../../host/cli/exit.js";
import {
  addExportOptions,
  type ExportFlags,
  exportConfig,
} from "../../../host/cli/exportOptions.js";
import { exportQueueLimits } from "../../../host/export/config.js";
import { parseDurationMs } from "../../../host/options.js";
import { temporaryFolder } from "../../support/daemon.js";

/** What a command line with these flags asks for. */
function config(...flags: string[]) {
  const command = new Command();
  addExportOptions(command);
  command.parse(flags, { from: "user" });
  return exportConfig(command.opts<ExportFlags>());
}

test("without a file nothing is exported; with one, the defaults are those that are known", async () => {
  assert.equal(await config(), undefined);
  assert.deepEqual(await config("--export-filename", "x.json"), {
    file: "x.json",
    spec: { allow: [], deny: [] },
    maxFileBytes: 10 * 1024 * 1024,
    rotationIntervalMs: undefined,
    maxBackups: 5,
    compress: false,
    mode: 0o600,
    ratePerMinute: -1,
    queue: exportQueueLimits,
  });
});

test("flags are read as they are meant", async (t) => {
  const list = join(temporaryFolder(t), "list");
  writeFileSync(list, '{"pid":[1]}\n\n{"pid_set":[2]}\n');
  const read = await config(
    ...["--export-filename", "x", "--export-file-max-size-mb", "4096", "--export-file-compress"],
    ...["--export-file-rotation-interval", "1h30m", "--export-file-max-backups", "0"],
    ...["--export-file-perm", "0644", "--export-rate-limit", "0", "--export-allowlist", `@${list}`],
    ...["--export-denylist", '{"binary_regex":["a"]}', "--export-denylist", '{"event_set":[7]}'],
  );
  const trimmed = await config(
    ...["--export-filename", "x", "--export-field-filters"],
    '{"fields":"process.binary","event_set":["PROCESS_EXEC"]}',
  );
  assert.ok(trimmed?.spec.fields);
  const aggregate = ["--export-filename", "x", "--enable-export-aggregation"];
  const sizes = ["--export-aggregation-window-size", "1m", "--export-aggregation-buffer-size", "7"];
  assert.deepEqual(
    [(await config(...aggregate))?.spec, (await config(...aggregate, ...sizes))?.spec],
    [
      { allow: [], deny: [], aggregation: { windowNs: 15_000_000_000n, mostKeys: 10_000 } },
      { allow: [], deny: [], aggregation: { windowNs: 60_000_000_000n, mostKeys: 7 } },
    ],
  );
  const { spec, ...rest } = read ?? {};
  assert.deepEqual(rest, {
    ...{ file: "x", maxFileBytes: 2 ** 32, rotationIntervalMs: 5_400_000, maxBackups: 0 },
    ...{ compress: true, mode: 0o644, ratePerMinute: 0, queue: exportQueueLimits },
  });
  const [first, second] = spec?.allow ?? [];
  assert.deepEqual([first?.pid, second?.pidSet], [[1], [2]]);
  const [third, fourth] = spec?.deny ?? [];
  assert.deepEqual([third?.binaryRegex, fourth?.eventSet], [["a"], [7]]);
});

test("wrong flags are told in one sentence with the place", async () => {
  const file = ["--export-filename", "x"];
  const cases: [string[], RegExp][] = [
    [["--export-filename", ""], /takes a file/],
    [["--export-file-compress"], /^--export-file-compress does nothing without --export-filename$/],
    [["--export-rate-limit", "-1"], /does nothing without/],
    [[...file, "--export-file-max-size-mb", "0"], /max-size-mb takes a whole number from 1/],
    [[...file, "--export-file-max-backups", "-1"], /max-backups takes a whole number from 0,/],
    [[...file, "--export-file-rotation-interval", "1d"], /duration such as 24h.*, not 1d/],
    [[...file, "--export-file-perm", "888"], /octal mode/],
    [[...file, "--export-file-perm", "0400"], /owner read and write/],
    [[...file, "--export-rate-limit", "-2"], /from 0 or -1, not -2/],
    [
      [...file, "--export-allowlist", '{"pid":[1],"binary_regx":["a"]}'],
      /^--export-allowlist: column 12: Filter has no field "binary_regx". Did you mean/,
    ],
    [[...file, "--export-allowlist", ""], /there is none/],
    [[...file, "--export-denylist", "@/none"], /^--export-denylist: cannot read/],
    [[...file, "--export-denylist", '{"binary_regex":["("]}'], /no regular expression/],
    [["--export-field-filters", '{"fields":"parent"}'], /does nothing without/],
    [["--enable-export-aggregation"], /does nothing without --export-filename$/],
    [
      [...file, "--export-aggregation-window-size", "1s"],
      /^--export-aggregation-window-size does nothing without --enable-export-aggregation$/,
    ],
    [
      [...file, "--enable-export-aggregation", "--export-aggregation-window-size", "25h"],
      /^--export-aggregation-window-size takes a duration from 10ms to 24h, not 25h$/,
    ],
    [
      [...file, "--enable-export-aggregation", "--export-aggregation-buffer-size", "0"],
      /^--export-aggregation-buffer-size takes a whole number from 1, not 0$/,
    ],
    [
      [...file, "--export-field-filters", '{"fields":"proces"}'],
      /^--export-field-filters\[0\]\.fields.*proces/,
    ],
    [
      [...file, "--export-denylist", '{"event_set":["UNDEF"]}'],
      /^--export-denylist\[0\]\.event_set\[0\]: Unknown EventType UNDEF$/,
    ],
  ];
  for (const [flags, message] of cases)
    await assert.rejects(config(...flags), (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
});

test("durations are read in hours, minutes, seconds and milliseconds", () => {
  const read = (text: string) => parseDurationMs(text, "--x");
  assert.deepEqual(["0", "0s", "90s", "1.5h", "1h30m", "2m500ms"].map(read), [
    ...[0, 0, 90_000, 5_400_000, 5_400_000, 120_500],
  ]);
  for (const text of ["", "1", "h", "-1s", "1s ", "1 s", "1d", "1e3s", "١s"])
    assert.throws(() => read(text), /^GuidestarError: --x takes a duration/);
});
