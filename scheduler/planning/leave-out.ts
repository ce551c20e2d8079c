import type { PlacementScenario, ScenarioService } from "../../core/model/placement-scenario.ts";

/**
 * The scenario with half as many pending replicas of one service, or none where there was one; undefined once nobody is pending.
 * How many have room is not known before the search, and halving finds out in few tries.
 */
export function leaveOut(scenario: PlacementScenario, service: string): PlacementScenario | undefined {
  const halved = scenario.services.map((each) => (each.name === service ? withHalf(each) : each));
  if (halved.every((each) => pendingOf(each) === 0)) return undefined;
  const services = halved.filter(({ replicas }) => replicas > 0);
  if (services.length === halved.length) return { ...scenario, services };
  return {
    ...scenario,
    services: services.map(({ apart, ...each }) => ({
      ...each,
      apart: apart?.filter((one) => one.service !== service),
    })),
    traffic: scenario.traffic.filter(({ from, to }) => from !== service && to !== service),
  };
}

function withHalf(service: ScenarioService): ScenarioService {
  const pending = pendingOf(service);
  return { ...service, replicas: service.replicas - pending + Math.floor(pending / 2) };
}

function pendingOf({ replicas, initial }: ScenarioService): number {
  return replicas - [...initial.values()].reduce((sum, count) => sum + count, 0);
}
