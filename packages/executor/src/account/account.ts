import type { DeepReadonly } from '@restow/model';
import { z } from 'zod';

const micros = z.int();
const reason = z.strictObject({ code: z.string(), message: z.string() });

/**
 * What a run promised and what came of it. Money per hour is what the priced nodes cost; `surgeMicros` is what was paid
 * beyond the cost at the start for nodes that the run launched and had not yet made up for.
 */
export const accountSchema = z.strictObject({
  /** `target`: as promised, or less than 1 % of the saving short of it; `start`: nothing is changed; `stopped`: in between, with the reasons. */
  outcome: z.enum(['target', 'start', 'stopped']),
  reasons: z.array(reason),
  currency: z.string(),
  startedAt: z.int(),
  endedAt: z.int(),
  microsPerHour: z.strictObject({ before: micros, promised: micros, now: micros }),
  surgeMicros: micros,
  nodes: z.strictObject({ launched: z.int(), removed: z.int(), released: z.int(), notLaunched: z.int() }),
  moves: z.strictObject({
    promised: z.int(),
    made: z.int(),
    /** Made, but the scheduler put the pod elsewhere than planned. */
    elsewhere: z.int(),
    failed: z.int(),
  }),
  stallMs: z.strictObject({ promised: z.int(), measured: z.int() }),
  movedBytes: z.int(),
  replans: z.int(),
  resumed: z.int(),
  /** What was tried and refused or went wrong, in order. */
  failures: z.array(z.strictObject({ step: z.string(), code: z.string(), reason: z.string() })),
  /** What could not be put back as it was. */
  left: z.array(z.string()),
});

export type Account = DeepReadonly<z.infer<typeof accountSchema>>;
