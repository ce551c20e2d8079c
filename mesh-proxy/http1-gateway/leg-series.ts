import type { TrafficSeries } from "../meter/traffic-series.ts";
import type { Leg } from "../steer/leg.ts";

/** Has the leg's connection to another proxy counted. @returns on which series; undefined for the application and a function */
export function countOnLeg({ mesh }: Pick<Leg, "mesh">): TrafficSeries | undefined {
  const series = mesh?.seriesFor("http");
  if (series === undefined) return undefined;
  series.openedCount++;
  mesh?.socket.attribute(series.sent, series.received);
  return series;
}
