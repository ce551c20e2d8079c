/** Every scoring plugin, by the name that the configuration uses. A new one is a folder and a line here. */
import { locality } from "./locality/score.ts";
import { netmarks } from "./netmarks/score.ts";
import type { ScorePlugin } from "./score-plugin.ts";

export const scorePlugins = { locality, netmarks } as const satisfies Record<string, ScorePlugin>;

export type PluginName = keyof typeof scorePlugins;

export const pluginNames = Object.keys(scorePlugins) as readonly PluginName[];
