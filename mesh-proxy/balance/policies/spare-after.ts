/** For policies that prepare a table: endpoints of weight 0 are in one of their own, asked only when the others have none left. */
import type { IsExcluded } from "../endpoint-order.ts";
import type { BalancedEndpoint } from "./policy.ts";

type Ask<E, T> = (ask: (table: T) => E | undefined, isExcluded?: IsExcluded<E>) => E | undefined;

/** Each table is made when it is first asked. */
export function spareAfter<E extends BalancedEndpoint, T>(
  endpoints: readonly E[],
  make: (endpoints: readonly E[]) => T,
): Ask<E, T> {
  const groups = [endpoints.filter(({ weight }) => weight > 0), endpoints.filter(({ weight }) => weight <= 0)];
  const tables: (T | undefined)[] = [];
  return (ask, isExcluded) => {
    for (const [group, members] of groups.entries()) {
      if (members.every((endpoint) => isExcluded?.(endpoint) === true)) continue;
      tables[group] ??= make(members);
      const picked = ask(tables[group]);
      if (picked !== undefined) return picked;
    }
    return undefined;
  };
}
