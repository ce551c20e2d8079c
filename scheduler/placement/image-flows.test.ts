import { expect, test } from "vitest";
import { imageFlows } from "./image-flows.ts";
import type { LearnedFlow } from "./learned-flows.ts";

/** `amf r/amf:1 > nrf r/nrf:1`, names of the namespace core unless they have their own; an image may be left out. */
function learned(text: string, { requestBytesPerSecond = 1000, lastAtMs = 0 } = {}): LearnedFlow {
  const [[source = "", sourceImage], [destination = "", destinationImage]] = text
    .split(" > ")
    .map((end) => end.split(" ")) as [string[], string[]];
  const rates = { requestBytesPerSecond, responseBytesPerSecond: 1, lastAtMs };
  return {
    ...{ source: keyOf(source), destination: keyOf(destination), ...rates },
    ...(sourceImage === undefined ? {} : { sourceImage }),
    ...(destinationImage === undefined ? {} : { destinationImage }),
  };
}

const keyOf = (name: string) => (name.includes("/") ? name : `core/${name}`);

interface ImageCase {
  readonly name: string;
  readonly past: readonly LearnedFlow[];
  /** What runs now: images by workload. */
  readonly running: Readonly<Record<string, string>>;
  /** Pairs that are expected. */
  readonly flows: readonly string[];
  /** What is said of the workload `new`. */
  readonly said?: string;
}

const cases: readonly ImageCase[] = [
  {
    name: "a new workload with the image of one that is gone takes its place",
    past: [learned("old r/amf:1 > nrf"), learned("udm > old r/amf:1")],
    running: { new: "r/amf:1", nrf: "r/nrf:1", udm: "" },
    flows: ["core/new>core/nrf", "core/udm>core/new"],
    said: "image r/amf:1: expected to talk as core/old did with r/amf:1",
  },
  {
    name: "another version of the image is the same image",
    past: [learned("old r:5000/amf:1 > nrf")],
    running: { new: "r:5000/amf:2@sha256:0", nrf: "" },
    flows: ["core/new>core/nrf"],
    said: "image r:5000/amf:2@sha256:0: expected to talk as core/old did with r:5000/amf:1",
  },
  {
    name: "the very same image is preferred to another version, even one measured later",
    past: [learned("same r/amf:1 > nrf"), learned("other r/amf:2 > udm", { lastAtMs: 9 })],
    running: { new: "r/amf:1", nrf: "", udm: "" },
    flows: ["core/new>core/nrf"],
  },
  {
    name: "of several that are gone the one measured last is the predecessor",
    past: [learned("a r/amf:1 > nrf", { lastAtMs: 1 }), learned("b r/amf:1 > udm", { lastAtMs: 2 })],
    running: { new: "r/amf:1", nrf: "", udm: "" },
    flows: ["core/new>core/udm"],
  },
  {
    name: "one that still runs, as in a change from blue to green, is preferred to those that are gone",
    past: [learned("blue r/amf:1 > nrf", { lastAtMs: 1 }), learned("gone r/amf:1 > udm", { lastAtMs: 2 })],
    running: { new: "r/amf:1", blue: "r/amf:1", nrf: "", udm: "" },
    flows: ["core/new>core/nrf"],
  },
  {
    name: "an image that several others run says nothing",
    past: [learned("amf r/5gc:1 > nrf r/5gc:1"), learned("gone r/5gc:1 > nrf r/5gc:1")],
    running: { new: "r/5gc:1", amf: "r/5gc:1", nrf: "r/5gc:1" },
    flows: [],
    said: "image r/5gc:1: says nothing, since core/amf and core/nrf run it too",
  },
  {
    name: "a workload of which anything was learned keeps to that",
    past: [learned("old r/amf:1 > nrf"), learned("new r/amf:1 > udm")],
    running: { new: "r/amf:1", nrf: "", udm: "" },
    flows: [],
  },
  {
    name: "a peer that was replaced, too, is its own successor",
    past: [learned("amf-1 r/amf:1 > nrf-1 r/nrf:1")],
    running: { "amf-2": "r/amf:2", "nrf-2": "r/nrf:2" },
    flows: ["core/amf-2>core/nrf-2"],
  },
  {
    name: "a peer that still runs stays a peer, beside the one that begins to take its place",
    past: [learned("amf-1 r/amf:1 > nrf-1 r/nrf:1")],
    running: { "amf-2": "r/amf:2", "nrf-1": "r/nrf:1", "nrf-2": "r/nrf:2" },
    flows: ["core/amf-2>core/nrf-1", "core/amf-2>core/nrf-2"],
  },
  {
    name: "traffic of a workload with itself stays with itself",
    past: [learned("old r/amf:1 > old r/amf:1")],
    running: { new: "r/amf:1" },
    flows: ["core/new>core/new"],
  },
  {
    name: "an image in another namespace says nothing of a workload of another name",
    past: [learned("slice-a/old r/amf:1 > slice-a/nrf")],
    running: { new: "r/amf:1", nrf: "", "slice-a/nrf": "" },
    flows: [],
  },
  {
    name: "the workload of the same name and image in another namespace lends its peers by their names",
    past: [
      learned("slice-a/amf r/amf:1 > slice-a/nrf r/nrf:1"),
      learned("slice-a/amf r/amf:1 > slice-a/gone"),
      learned("slice-a/amf r/amf:1 > data/udr"),
    ],
    running: { amf: "r/amf:1", nrf: "r/nrf:1", "slice-a/amf": "r/amf:1", "slice-a/nrf": "r/nrf:1", "data/udr": "" },
    flows: ["core/amf>core/nrf", "core/amf>data/udr"],
  },
  {
    name: "a pod that names no image has no predecessor",
    past: [learned("old > nrf")],
    running: { new: "", nrf: "" },
    flows: [],
  },
];

test.each(cases)("$name", ({ past, running, flows, said }) => {
  const images = new Map(Object.entries(running).map(([name, image]) => [keyOf(name), image]));
  const expectation = imageFlows(past, images);
  const pairs = expectation.flows.map(({ source, destination }) => `${source}>${destination}`);
  expect([...new Set(pairs)].sort()).toEqual([...flows].sort());
  expect(pairs).toHaveLength(flows.length);
  if (said) expect(expectation.remarks).toEqual([{ workloads: ["core/new"], text: said }]);
});

test("rates, directions and age are those of the predecessor", () => {
  const past = [learned("old r/amf:1 > nrf", { requestBytesPerSecond: 500, lastAtMs: 7 })];
  const { flows } = imageFlows(past, new Map([["core/new", "r/amf:1"], ["core/nrf", ""]])); // biome-ignore format: pairs
  expect(flows).toEqual([
    {
      source: "core/new",
      destination: "core/nrf",
      requestBytesPerSecond: 500,
      responseBytesPerSecond: 1,
      lastAtMs: 7,
    },
  ]);
});

test("the image that was seen last is what a workload ran, also where its latest flow does not name it", () => {
  const past = [
    learned("old r/amf:1 > nrf", { lastAtMs: 1 }),
    learned("old r/smf:1 > nrf", { lastAtMs: 2 }),
    learned("old > udm", { lastAtMs: 3 }),
  ];
  const of = (image: string) => imageFlows(past, new Map([["core/new", image]])).flows.length;
  expect([of("r/amf:1"), of("r/smf:1")]).toEqual([0, 3]);
});

test("not more flows are expected than the limit, whatever was learned", () => {
  const past = Array.from({ length: 25_000 }, (_, index) => learned(`old r/amf:1 > peer-${index}`));
  expect(imageFlows(past, new Map([["core/new", "r/amf:1"]])).flows).toHaveLength(20_000);
});
