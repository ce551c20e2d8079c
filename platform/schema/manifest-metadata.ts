/** The strict metadata of objects that people write. */
import { z } from "zod";
import { annotations, labels, objectName } from "./scalars.ts";

export const manifestMetadata = z.strictObject({
  name: objectName,
  namespace: objectName.default("default"),
  labels: labels.default({}),
  annotations: annotations.default({}),
});

export const clusterScopedMetadata = manifestMetadata.omit({ namespace: true });
