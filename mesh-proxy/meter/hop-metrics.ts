/** The part of `/metrics` that says how chains do, hop by hop. */
import type { BucketHistogram } from "./bucket-histogram.ts";
import { histogramSamples } from "./histogram-samples.ts";
import type { HopSeries } from "./hop-series.ts";
import type { HopTable } from "./hop-table.ts";
import type { Sample, SampledMetric } from "./sampled-metric.ts";

export function hopMetrics(hops: HopTable): readonly SampledMetric[] {
  const each = (amount: (hop: HopSeries) => number) => () =>
    hops.all().map((hop) => ({ value: amount(hop), labels: hop.labels }));
  const ofEach = (samples: (hop: HopSeries) => readonly Sample[]) => () => hops.all().flatMap(samples);
  return [
    {
      name: "weft_hop_connections_total",
      help: "Connections that came to a hop of a path, steered as a whole.",
      type: "counter",
      samples: each((hop) => hop.connectionCount),
    },
    {
      name: "weft_hop_requests_total",
      help: "HTTP requests at a hop of a path: answered, refused or broken off.",
      type: "counter",
      samples: each((hop) => hop.requestCount),
    },
    {
      name: "weft_hop_errors_total",
      help: "Connections and requests that failed at a hop, or that it saw fail, by reason.",
      type: "counter",
      samples: ofEach(errorSamples),
    },
    {
      name: "weft_hop_bypassed_total",
      help: "Flows that went around the hop's function.",
      type: "counter",
      samples: each((hop) => hop.bypassedCount),
    },
    {
      name: "weft_hop_proofs_total",
      help: "Connections at the end of a path whose proof of transit was judged, by verdict.",
      type: "counter",
      samples: ofEach(({ proofs, labels }) =>
        Array.from(proofs, ([verdict, value]) => ({ value, labels: { ...labels, verdict } })),
      ),
    },
    {
      name: "weft_hop_function_seconds",
      help: "From what the hop's function was handed until it gave it back, towards the destination.",
      type: "histogram",
      samples: ofEach(({ labels, functionMs }) => inSeconds("weft_hop_function_seconds", labels, functionMs)),
    },
    {
      name: "weft_hop_answer_seconds",
      help: "From entering the hop until it and all behind it answered: a connection was taken, a request's response passed back.",
      type: "histogram",
      samples: ofEach(answerSamples),
    },
    {
      name: "weft_hop_series_dropped_total",
      help: "Hops whose counts made room for others'.",
      type: "counter",
      samples: () => [{ value: hops.droppedCount }],
    },
  ];
}

function errorSamples({ errors, labels }: HopSeries): readonly Sample[] {
  return Array.from(errors, ([reason, value]) => ({ value, labels: { ...labels, reason } }));
}

function answerSamples({ labels, connectionAnswerMs, requestAnswerMs }: HopSeries): readonly Sample[] {
  const name = "weft_hop_answer_seconds";
  return [
    ...inSeconds(name, { ...labels, of: "connection" }, connectionAnswerMs),
    ...inSeconds(name, { ...labels, of: "request" }, requestAnswerMs),
  ];
}

/** Most hops carry one protocol: what was never observed is not shown. */
function inSeconds(name: string, labels: Readonly<Record<string, string>>, of: BucketHistogram): readonly Sample[] {
  return of.counts.every((count) => count === 0) ? [] : histogramSamples(name, labels, of, 0.001);
}
