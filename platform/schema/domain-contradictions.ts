import type { ScenarioFile } from "./placement-scenario.ts";
import type { Contradiction } from "./scenario-contradictions.ts";

/** Domains that are not those of the nodes, and rules of services about what is not there. */
export function* domainContradictions({ nodes, services, domains = {} }: ScenarioFile): Generator<Contradiction> {
  for (const [label, values] of Object.entries(domains))
    if (values.length !== nodes.length)
      yield { path: ["domains", label], message: `has ${values.length} values for ${nodes.length} nodes` };
  const names = new Set(services.map(({ name }) => name));
  for (const [index, { spread = [], apart = [] }] of services.entries()) {
    for (const [field, rules] of Object.entries({ spread, apart }))
      for (const [position, rule] of rules.entries())
        if (!Object.hasOwn(domains, rule.domains)) {
          const path = ["services", index, field, position, "domains"];
          yield { path, message: `${rule.domains} is not among the domains` };
        }
    for (const [position, { service }] of apart.entries())
      if (!names.has(service)) {
        const path = ["services", index, "apart", position, "service"];
        yield { path, message: `${service} is not among the services` };
      }
  }
}
