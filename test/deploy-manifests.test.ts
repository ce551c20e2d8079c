/** What the manifests in deploy/base tell the components is what the components can be told. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { mtlsAnnotation } from "../core/model/mesh-policy.ts";
import {
  interceptAnnotation,
  interceptInboundPort,
  interceptOutboundPort,
  meshPort,
  proxyAdminPort,
  proxyUserId,
} from "../core/model/mesh-snapshot.ts";
import { controlConfigSchema } from "../mesh-control/control-config.ts";
import { proxyConfigSchema } from "../mesh-proxy/proxy-config.ts";
import { parseMeshPolicy } from "../platform/schema/mesh-policy.ts";
import { readConfig } from "../platform/yaml/read-config.ts";
import { schedulerConfigSchema } from "../scheduler/scheduler-config.ts";
import { sfcConfigSchema } from "../sfc/sfc-config.ts";

interface Container {
  readonly args: readonly string[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: { readonly runAsUser: number; readonly capabilities?: unknown };
}

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec: { readonly containers: readonly Container[]; readonly initContainers: readonly Container[] };
    };
  };
}

const components = [
  { name: "scheduler", schema: schedulerConfigSchema },
  { name: "sfc", schema: sfcConfigSchema },
  { name: "control", schema: controlConfigSchema },
];

describe.each(components)("deploy/base/$name", ({ name, schema }) => {
  const { metadata, spec } = read<Deployment>(`${name}/deployment.yaml`).spec.template;
  const [container] = spec.containers;
  const config = readConfig<{ host: string; port: number }>(schema, { set: settings(container?.args) });

  test("starts the component of its name, which listens for others", () => {
    expect(container?.args[0]).toBe(name);
    expect(config.host).toBe("0.0.0.0");
  });

  test("names the port on which the component listens, to the Service and to Prometheus", () => {
    expect(container?.ports).toEqual([{ name: "http", containerPort: config.port }]);
    expect(metadata.annotations["prometheus.io/port"]).toBe(String(config.port));
    const service = read<{ spec: { ports: unknown } }>(`${name}/service.yaml`);
    expect(service.spec.ports).toEqual([{ name: "http", port: config.port, targetPort: "http" }]);
  });
});

describe("deploy/base/proxy", () => {
  const { metadata, spec } = read<Deployment>("proxy/sidecar.yaml").spec.template;
  const [container] = spec.initContainers;

  test("tells the proxy its pod, whatever the pod's name looks like, and where weft-control is", () => {
    const names = { POD_NAMESPACE: "1e3", POD_NAME: "true", POD_IP: "fd00::7" };
    const args = container?.args.map((arg) => expanded(arg, names)) ?? [];
    expect(args[0]).toBe("proxy");
    const controlPort = controlConfigSchema.parse({}).port;
    expect(readConfig(proxyConfigSchema, { set: settings(args) })).toMatchObject({
      namespace: "1e3",
      pod: "true",
      podAddress: "fd00::7",
      controlUrl: `http://weft-control.weft-system.svc:${controlPort}`,
    });
  });

  test("names the proxy's ports, and has Prometheus read the admin port", () => {
    expect(container?.ports.map(({ containerPort }) => containerPort)).toEqual([meshPort, meshPort, proxyAdminPort]);
    expect(container?.ports[1]).toMatchObject({ protocol: "UDP" });
    expect(metadata.annotations["prometheus.io/port"]).toBe(String(proxyAdminPort));
  });
});

test("deploy/base/proxy-mtls tells the proxy what the sidecar does, and where its certificates are", () => {
  const argsOf = (file: string) => read<Deployment>(file).spec.template.spec.initContainers[0]?.args ?? [];
  const [plain, secured] = [argsOf("proxy/sidecar.yaml"), argsOf("proxy-mtls/certificates.yaml")];
  expect(secured.slice(0, plain.length)).toEqual(plain);
  const names = { POD_NAMESPACE: "core", POD_NAME: "amf-0", POD_IP: "10.0.0.7" };
  const config = readConfig(proxyConfigSchema, { set: settings(secured.map((arg) => expanded(arg, names))) });
  for (const file of [config.certificateFile, config.keyFile, config.trustBundleFile])
    expect(file).toMatch(/^\/var\/run\/secrets\/spiffe.io\//);
  const { annotations } = read<Deployment>("proxy-mtls/certificates.yaml").spec.template.metadata;
  expect(annotations[mtlsAnnotation]).toBe("enabled");
});

describe("deploy/base/proxy-intercept", () => {
  const { metadata, spec } = read<Deployment>("proxy-intercept/intercept.yaml").spec.template;
  const [proxy, rules] = spec.initContainers;

  test("tells the proxy, behind what the sidecar does, where redirected connections come", () => {
    const added = read<readonly { op: string; path: string; value: string }[]>("proxy-intercept/arguments.yaml");
    for (const { op, path } of added)
      expect([op, path]).toEqual(["add", "/spec/template/spec/initContainers/0/args/-"]);
    const plain = read<Deployment>("proxy/sidecar.yaml").spec.template.spec.initContainers[0]?.args ?? [];
    const names = { POD_NAMESPACE: "core", POD_NAME: "amf-0", POD_IP: "10.0.0.7" };
    const args = [...plain, ...added.map(({ value }) => value)].map((arg) => expanded(arg, names));
    expect(readConfig(proxyConfigSchema, { set: settings(args) })).toMatchObject({
      ...{ pod: names.POD_NAME, appHost: names.POD_IP, interceptOutboundPort, interceptInboundPort },
    });
    expect(metadata.annotations[interceptAnnotation]).toBe("enabled");
  });

  test("runs the proxy as the user that the rules leave alone", () => {
    expect(rules?.args[0]).toBe("intercept");
    expect(rules?.args).not.toContain("--proxy-uid");
    expect(proxy?.securityContext.runAsUser).toBe(proxyUserId);
    expect(rules?.securityContext).toMatchObject({ runAsUser: 0, capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } });
  });
});

test("the policy in deploy/README.md is one", () => {
  const readme = readFileSync("deploy/README.md", "utf8");
  const blocks = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => parse(text ?? ""));
  const policies = blocks.filter(({ kind }) => kind === "MeshPolicy").map(parseMeshPolicy);
  expect(policies).toMatchObject([
    { kind: "parsed", value: { mode: "Strict", rules: [{ action: "Allow" }, { action: "Deny" }] } },
  ]);
});

test("deploy/README.md gives every kustomization the registry's image, the sidecar's too", () => {
  const readme = readFileSync("deploy/README.md", "utf8");
  const blocks = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => parse(text ?? ""));
  const kustomizations = blocks.filter(({ resources }) => resources !== undefined);
  expect(kustomizations).toHaveLength(2);
  for (const { images } of kustomizations)
    expect(images).toMatchObject([{ name: "weft", newName: "registry.example/weft" }]);
});

test("deploy/base/sfc asks the scheduler for flows where the scheduler's Service is", () => {
  const [container] = read<Deployment>("sfc/deployment.yaml").spec.template.spec.containers;
  const { schedulerUrl } = readConfig(sfcConfigSchema, { set: settings(container?.args) });
  expect(schedulerUrl).toBe(`http://weft-scheduler.weft-system.svc:${schedulerConfigSchema.parse({}).port}`);
});

test("the image holds every folder that the command line loads", () => {
  const dockerfile = readFileSync("deploy/Dockerfile", "utf8");
  const copied = [...dockerfile.matchAll(/^COPY (\S+) \1$/gm)].map(([, folder]) => folder);
  const folders = ["core", "platform", "scheduler", "sfc", "mesh-proxy", "mesh-control", "cnf-samples", "lab", "cli"];
  expect(copied).toEqual(folders);
  const admitted = readFileSync("deploy/Dockerfile.dockerignore", "utf8").split("\n");
  expect(admitted).toEqual(expect.arrayContaining(folders.map((folder) => `!${folder}`)));
});

function read<T>(file: string): T {
  return parse(readFileSync(`deploy/base/${file}`, "utf8"));
}

/** The values of `--set`. */
function settings(args: readonly string[] = []): readonly string[] {
  return args.filter((_, at) => args[at - 1] === "--set");
}

/** As a kubelet expands `$(NAME)`. */
function expanded(arg: string, environment: Readonly<Record<string, string>>): string {
  return arg.replaceAll(/\$\((\w+)\)/g, (whole, name: string) => environment[name] ?? whole);
}
