/** Backends of routes: Services, and nothing else. */
import { z } from "zod";
import { objectName, portNumber } from "./scalars.ts";

const coreGroup = z.literal("", { error: "must be the core group: only Services are carried out" });
const serviceKind = z.literal("Service", { error: "must be Service: nothing else is carried out" });

export const routeTarget = {
  group: coreGroup.default(""),
  kind: serviceKind.default("Service"),
  namespace: objectName.optional(),
  name: objectName,
  port: portNumber,
};
