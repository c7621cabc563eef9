import { NOTICE_KINDS } from '@restow/executor';
import { API_VERSION, type DeepReadonly } from '@restow/model';
import { validateDetailed } from 'node-cron';
import { z } from 'zod';

const MOST_SCHEDULES = 50;

const cron = z.string().superRefine((text, { addIssue }) => {
  const { valid, errors } = validateDetailed(text);
  if (!valid) addIssue({ code: 'custom', message: `${text}: ${errors.map(({ message }) => message).join('; ')}` });
});

const timeZone = z.string().refine((name) => isTimeZone(name), { error: 'expected a time zone such as Europe/Berlin' });

const scheduleSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, 'expected a name of a-z, 0-9 and -'),
  cron,
  timeZone: timeZone.default('UTC'),
  /** `manual`: a plan waits for `restow approve RUN`. */
  approve: z.enum(['auto', 'manual']).default('manual'),
  effort: z.enum(['quick', 'normal', 'thorough']).default('normal'),
  /** A file beside the configuration; null: the defaults. */
  policy: z.string().min(1).nullable().default(null),
});

export const serveConfigSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION).default(API_VERSION),
  kind: z.literal('ServeConfig').default('ServeConfig'),
  /** Where metrics and health are told. */
  listen: z
    .strictObject({ host: z.string().default('0.0.0.0'), port: z.int().min(0).max(65_535).default(8080) })
    .prefault({}),
  prices: z.array(z.string()).default([]),
  assumeRegion: z.string().nullable().default(null),
  /** The file in which is written down what the cluster costs and what runs save; null: nothing is. */
  ledger: z.string().min(1).nullable().default(null),
  notices: z.array(z.string()).default([]),
  /** Which notices get the pods off a node; none: it only takes no more pods. */
  evacuations: z
    .strictObject({
      on: z.array(z.enum(NOTICE_KINDS)).default([...NOTICE_KINDS]),
      /** A file beside the configuration; null: the defaults. */
      policy: z.string().min(1).nullable().default(null),
    })
    .prefault({}),
  schedules: z
    .array(scheduleSchema)
    .max(MOST_SCHEDULES)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
      error: 'two schedules have one name',
    })
    .default([]),
});

/** What `restow serve` does, and when. */
export type ServeConfig = DeepReadonly<z.infer<typeof serveConfigSchema>>;
export type Schedule = ServeConfig['schedules'][number];

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
