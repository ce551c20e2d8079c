/** `describe` for suites that need a real control plane. */
import { describe, inject, it } from "vitest";
import type { ControlPlaneConnection } from "./control-plane.ts";
import "./provision.ts";

/** Without a control plane the suite counts as one skipped test, which carries the reason in its title and on stderr. */
export function describeWithControlPlane(title: string, suite: (connection: ControlPlaneConnection) => void): void {
  const provision = inject("controlPlane");
  if (provision.kind === "available") {
    describe(title, () => suite(provision.connection));
    return;
  }
  process.stderr.write(`SKIPPED ${title}: ${provision.reason}\n`);
  describe(title, () => {
    it.skip(`needs a control plane: ${provision.reason.split("\n")[0]}`, () => {});
  });
}
