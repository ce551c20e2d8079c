/** Something happens at one site, and its load generators send more: what the annotation `lab.weft.dev/accident` of a load says. */
import { WeftError } from "../core/model/weft-error.ts";
import { isLoad, type World } from "./world.ts";

const accidentAnnotation = "lab.weft.dev/accident";

export interface Accident {
  /** The zone where it happens. */
  readonly zone: string;
  /** What the load there is started with besides, as `key=value`. */
  readonly settings: readonly string[];
  /** One of the zone's. */
  readonly node: string;
}

/** Of `"a framesPerSecond=90"`: the zone, then settings. Undefined where nothing happens. @throws WeftError manifest-invalid */
export function accidentOf({ deployments, nodes }: World): Accident | undefined {
  const [load] = deployments.filter((each) => isLoad(each) && each.annotations[accidentAnnotation] !== undefined);
  if (!load) return undefined;
  const [zone = "", ...settings] = (load.annotations[accidentAnnotation] ?? "").trim().split(/\s+/);
  const node = nodes.find(({ place }) => place.zone === zone)?.name;
  const invalid = (reason: string) =>
    new WeftError("manifest-invalid", `Deployment ${load.name}: ${accidentAnnotation}: ${reason}`);
  if (node === undefined) throw invalid(`no Node is in the zone "${zone}"`);
  if (settings.length === 0) throw invalid("after the zone it says no setting, such as framesPerSecond=90");
  return { zone, settings, node };
}
