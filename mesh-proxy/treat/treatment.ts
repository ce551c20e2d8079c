/** What a route of the Gateway API has done to the requests of one of its backends, compiled when the first one comes. */
import type { HedgePolicy, RequestTimeouts, RetryPolicy } from "../../core/model/request-rule.ts";
import { RetryBudget } from "../balance/retry-budget.ts";
import { compileHeadChanges, type HeadChanges } from "../codec/http1/head-changes.ts";
import { compileFieldChanges, type FieldChanges } from "../codec/http2/field-changes.ts";
import { compileTargetChange } from "../codec/target-change.ts";
import type { ProxyConfig } from "../proxy-config.ts";
import type { Course, CourseActions } from "../route/route-table.ts";

export interface Treatment {
  /** `namespace/name`. */
  readonly route: string;
  readonly requestHead: HeadChanges | undefined;
  readonly responseHead: HeadChanges | undefined;
  /** The same on HTTP/2. */
  readonly requestFields: FieldChanges | undefined;
  readonly responseFields: FieldChanges | undefined;
  readonly timeouts: RequestTimeouts;
  readonly retry: RetryPlan | undefined;
  readonly hedge: HedgePolicy | undefined;
  /** Of the Service that the requests go to; set where they may be sent more than once. */
  readonly budget: RetryBudget | undefined;
  /** Time runs for the request, it may be sent again, or its answer tells of a session, so that it shares its connection with no other at the time. */
  readonly isAlone: boolean;
}

export interface RetryPlan {
  readonly policy: RetryPolicy;
  readonly statusCodes: ReadonlySet<number>;
}

/** Budgets of Services at a time; the one made first makes room. */
const BUDGETS_MAX = 1000;

export class Treatments {
  private readonly config: ProxyConfig;
  private readonly byCourse = new WeakMap<CourseActions, Treatment | undefined>();
  private readonly budgets = new Map<string, RetryBudget>();

  constructor(config: ProxyConfig) {
    this.config = config;
  }

  /** The same object for the same course; undefined where requests pass as they come. */
  of(course: Course): Treatment | undefined {
    const { actions } = course;
    if (actions === undefined) return undefined;
    if (!this.byCourse.has(actions)) this.byCourse.set(actions, this.compile(course, actions));
    return this.byCourse.get(actions);
  }

  private compile({ upstream }: Course, { rule, changes }: CourseActions): Treatment | undefined {
    const { route, timeouts = {}, retry, session } = rule;
    const hedge = upstream.endpoints.length > 1 ? rule.hedge : undefined;
    const target = changes?.path && compileTargetChange(changes.path);
    const { request, response, host } = changes ?? {};
    const requestHead = compileHeadChanges(request, { host, target });
    const responseHead = compileHeadChanges(response);
    const isTimed = timeouts.requestMs !== undefined || timeouts.attemptMs !== undefined;
    const isRepeated = retry !== undefined || hedge !== undefined;
    const isAlone = isTimed || isRepeated || session !== undefined;
    if (requestHead === undefined && responseHead === undefined && !isAlone) return undefined;
    const plan = retry && { policy: retry, statusCodes: new Set(retry.statusCodes) };
    const budget = isRepeated ? this.budgetOf(`${upstream.namespace}/${upstream.service}`) : undefined;
    return {
      ...{ route, requestHead, responseHead, timeouts, retry: plan, hedge, budget, isAlone },
      requestFields: compileFieldChanges(request, { host, target }),
      responseFields: compileFieldChanges(response),
    };
  }

  private budgetOf(service: string): RetryBudget {
    const { retryBudgetPercent: percent, retriesPerSecondMin: perSecondMin } = this.config;
    const known = this.budgets.get(service) ?? new RetryBudget({ percent, perSecondMin });
    this.budgets.set(service, known);
    const [oldest] = this.budgets.keys();
    if (this.budgets.size > BUDGETS_MAX && oldest !== undefined) this.budgets.delete(oldest);
    return known;
  }
}
