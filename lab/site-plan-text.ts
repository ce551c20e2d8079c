import { byteRateText } from "../core/model/byte-rate-text.ts";
import type { SharedService } from "../mesh-control/list-sites.ts";

/** A line for each site that has more than it can take: what goes where, and what stays. */
export function sitePlanText({ service, sites, transfers, left }: SharedService): string {
  const overloaded = sites.filter(({ load, capacity }) => load > capacity);
  const lines = overloaded.map(({ name, load, capacity }) => {
    const sent = transfers
      .filter(({ from }) => from === name)
      .map(({ to, amount }) => `${byteRateText(amount)} to ${to}`);
    const stays = left
      .filter(({ site }) => site === name)
      .map(({ amount }) => `${byteRateText(amount)} find no room and stay`);
    const fate = [...sent, ...stays].join(", ");
    return `${service}: ${byteRateText(load)} come to ${name}, which takes ${byteRateText(capacity)}: ${fate}`;
  });
  return lines.join("\n");
}
