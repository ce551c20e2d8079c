import { expect, test } from "vitest";
import { meansPod, podTermOf } from "./pod-term.ts";

const upf = { namespace: "core", labels: { app: "upf" } };
const labelSelector = { matchLabels: { app: "upf" } };
const term = { labelSelector, topologyKey: "zone" };
const named = (name: string) => ({ matchLabels: { "kubernetes.io/metadata.name": name } });

const cases = [
  { name: "without namespaces the own one counts", object: term, own: "core", means: "yes" },
  { name: "without namespaces another does not", object: term, own: "edge", means: "no" },
  { name: "named namespaces count instead", object: { ...term, namespaces: ["core"] }, own: "edge", means: "yes" },
  {
    name: "an empty selector is every namespace",
    object: { ...term, namespaceSelector: {} },
    own: "edge",
    means: "yes",
  },
  {
    name: "a namespace's name is a label",
    object: { ...term, namespaceSelector: named("core") },
    own: "x",
    means: "yes",
  },
  { name: "it may be another's", object: { ...term, namespaceSelector: named("edge") }, own: "x", means: "no" },
  {
    name: "a namespace's other labels are unknown",
    object: { ...term, namespaceSelector: { matchLabels: { team: "a" } } },
    own: "core",
    means: "perhaps",
  },
  {
    name: "names count beside labels",
    object: { ...term, namespaces: ["core"], namespaceSelector: { matchLabels: { team: "a" } } },
    own: "x",
    means: "yes",
  },
  { name: "a term without a selector means nothing", object: { topologyKey: "zone" }, own: "core", means: "no" },
];

test.each(cases)("$name", ({ object, own, means }) => {
  expect(meansPod(podTermOf(object, own), upf)).toBe(means);
});
