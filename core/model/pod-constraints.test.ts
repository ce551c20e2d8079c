import { expect, test } from "vitest";
import { podConstraintsOf } from "./pod-constraints.ts";

test("a pod that asks for nothing has none, whatever admission has added", () => {
  const tolerations = ["not-ready", "unreachable"].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds: 300,
  }));
  const volumes = [
    { name: "token", projected: {} },
    { name: "scratch", emptyDir: {} },
  ];
  expect(podConstraintsOf({ tolerations, volumes, containers: [{ ports: [{}] }] }, {})).toBeUndefined();
});

test("terms that are required and absent hold for no node", () => {
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } };
  expect(podConstraintsOf({ affinity }, {})).toEqual({ nodeTerms: [] });
});

test("only what must be spread is, by the values of its own labels too", () => {
  const spread = {
    topologyKey: "zone",
    maxSkew: 2,
    labelSelector: { matchLabels: { app: "upf" } },
    matchLabelKeys: ["hash", "none"],
  };
  const constraints = podConstraintsOf(
    {
      topologySpreadConstraints: [
        { ...spread, whenUnsatisfiable: "DoNotSchedule" },
        { ...spread, whenUnsatisfiable: "ScheduleAnyway" },
      ],
    },
    { labels: { app: "upf", hash: "5d4f" } },
  );
  expect(constraints?.spread).toEqual([
    {
      topologyKey: "zone",
      skewMax: 2,
      selector: [
        { key: "app", operator: "In", values: ["upf"] },
        { key: "hash", operator: "In", values: ["5d4f"] },
      ],
      domainsMin: 1,
      nodeAffinityPolicy: "Honor",
      nodeTaintsPolicy: "Ignore",
    },
  ]);
});

test("host ports are those of containers and sidecars", () => {
  const port = (hostPort: number) => ({ ports: [{ hostPort }] });
  const constraints = podConstraintsOf(
    { containers: [port(80)], initContainers: [port(81), { ...port(82), restartPolicy: "Always" }] },
    {},
  );
  expect(constraints?.hostPorts?.map((each) => each.port)).toEqual([82, 80]);
});

test("volumes with data of some place are told by their kinds", () => {
  const volumes = [
    { name: "data", persistentVolumeClaim: {} },
    { name: "more", persistentVolumeClaim: {} },
  ];
  expect(podConstraintsOf({ volumes }, {})).toEqual({ volumes: ["persistentVolumeClaim"] });
});
