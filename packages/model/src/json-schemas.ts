import { z } from 'zod';
import { planSchema } from './plan.ts';
import { policySchema } from './policy.ts';
import { priceBookSchema } from './price-book.ts';
import { snapshotSchema } from './snapshot.ts';

/** JSON Schema (2020-12) of each document as it is read, by file name; in a policy everything has a default. */
export function jsonSchemas(): Record<string, object> {
  return {
    plan: z.toJSONSchema(planSchema, { io: 'input' }),
    policy: z.toJSONSchema(policySchema, { io: 'input' }),
    'price-book': z.toJSONSchema(priceBookSchema),
    snapshot: z.toJSONSchema(snapshotSchema),
  };
}
