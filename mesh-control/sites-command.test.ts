import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { runSites } from "./sites-command.ts";

const folder = mkdtempSync(path.join(tmpdir(), "weft-sites-"));
const [sitesPath, outPath] = ["sites.json", "answer.json"].map((name) => path.join(folder, name)) as [string, string];
afterAll(() => rmSync(folder, { recursive: true }));

const sites = [
  { name: "a", capacity: 88, load: 200 },
  { name: "b", capacity: 88, load: 33 },
  { name: "c", capacity: 88, load: 66 },
];
const delays = [
  { a: "a", b: "b", oneWayMs: 2 },
  { a: "a", b: "c", oneWayMs: 3 },
];

test("a file's excess is carried as far as it fits, what stays is named, and the answer carries its proof", async () => {
  writeFileSync(sitesPath, JSON.stringify({ oneWayMsMax: 5, sites, delays }));
  const answer = await runSites({ sitesPath, outPath });
  expect(answer).toEqual({
    excess: 112,
    left: 35,
    amountTimesDelay: 55 * 2 + 22 * 3,
    transfers: [
      { from: "a", to: "b", amount: 55 },
      { from: "a", to: "c", amount: 22 },
    ],
    leftAt: [{ site: "a", amount: 35 }],
    // One site is overloaded, and the longest way is 3 ms: what stays counts as 4 ms.
    pricesMs: { a: 4, b: 2, c: 1 },
  });
  expect(JSON.parse(readFileSync(outPath, "utf8"))).toEqual(answer);
});

const wrong = [
  { name: "no JSON", text: "{", reason: /sites\.json: / },
  { name: "a wrong field", text: JSON.stringify({ oneWayMsMax: 0, sites, delays }), reason: /oneWayMsMax: / },
  {
    name: "an unknown site",
    text: JSON.stringify({ oneWayMsMax: 5, sites: sites.slice(1), delays }),
    reason: /delays\[0\]\.a: there is no site a/,
  },
];

test.each(wrong)("a file with $name is refused by name", async ({ text, reason }) => {
  writeFileSync(sitesPath, text);
  await expect(runSites({ sitesPath })).rejects.toMatchObject({
    code: "network-invalid",
    message: expect.stringMatching(reason),
  });
});

test("an answer that cannot be written is an error of its option", async () => {
  writeFileSync(sitesPath, JSON.stringify({ oneWayMsMax: 5, sites, delays }));
  await expect(runSites({ sitesPath, outPath: folder })).rejects.toThrow(/--out: /);
});
