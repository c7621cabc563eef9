import type { MachineNotice } from '@restow/executor';
import { z } from 'zod';

/** From the word until the machine goes. Source: AWS, "Spot Instance interruption notices". */
const INTERRUPTION_MS = 2 * 60_000;

const envelopeSchema = z.object({
  id: z.string().min(1),
  source: z.string(),
  'detail-type': z.string(),
  time: z.iso.datetime(),
  detail: z.unknown(),
});
type Envelope = z.infer<typeof envelopeSchema>;

const instanceSchema = z.object({ 'instance-id': z.string().min(1) });
const stateSchema = instanceSchema.extend({ state: z.string() });
const lifecycleSchema = z.object({ EC2InstanceId: z.string().min(1), LifecycleTransition: z.string() });
const healthSchema = z.object({
  service: z.string(),
  eventTypeCategory: z.string(),
  startTime: z.string().optional(),
  affectedEntities: z.array(z.object({ entityValue: z.string().min(1) })).default([]),
});

/** `unknown`: an event of another kind, or not one at all; its notices are none. */
export type ParsedEvent =
  | { readonly known: true; readonly notices: readonly MachineNotice[] }
  | { readonly known: false; readonly why: string };

type Parser = (event: Envelope, at: number) => readonly MachineNotice[];

const GOING = new Set(['stopping', 'stopped', 'shutting-down', 'terminated']);

/** By source and detail-type. Source: Amazon EC2, Auto Scaling and Health events in EventBridge. */
const PARSERS: Readonly<Record<string, Parser>> = {
  'aws.ec2|EC2 Spot Instance Interruption Warning': ({ id, detail }, at) => [
    { id, kind: 'spot-interruption', machine: machineIn(detail), deadline: at + INTERRUPTION_MS },
  ],
  'aws.ec2|EC2 Capacity Reservation Instance Interruption Warning': ({ id, detail }, at) => [
    { id, kind: 'reservation-interruption', machine: machineIn(detail), deadline: at + INTERRUPTION_MS },
  ],
  'aws.ec2|EC2 Instance Rebalance Recommendation': ({ id, detail }) => [
    { id, kind: 'rebalance-hint', machine: machineIn(detail), deadline: null },
  ],
  'aws.ec2|EC2 Instance State-change Notification': ({ id, detail }, at) => {
    const { 'instance-id': machine, state } = stateSchema.parse(detail);
    return GOING.has(state) ? [{ id, kind: 'going', machine, deadline: at }] : [];
  },
  'aws.health|AWS Health Event': ({ id, detail }) => {
    const { service, eventTypeCategory, startTime, affectedEntities } = healthSchema.parse(detail);
    if (service !== 'EC2' || eventTypeCategory !== 'scheduledChange') return [];
    const begins = startTime === undefined ? Number.NaN : Date.parse(startTime);
    const deadline = Number.isNaN(begins) ? null : begins;
    return affectedEntities.map(({ entityValue }) => {
      return { id: `${id}/${entityValue}`, kind: 'maintenance', machine: entityValue, deadline };
    });
  },
  'aws.autoscaling|EC2 Instance-terminate Lifecycle Action': ({ id, detail }) => {
    const { EC2InstanceId, LifecycleTransition } = lifecycleSchema.parse(detail);
    const isEnd = LifecycleTransition === 'autoscaling:EC2_INSTANCE_TERMINATING';
    return isEnd ? [{ id, kind: 'going', machine: EC2InstanceId, deadline: null }] : [];
  },
};

/** Reads one event as EventBridge puts it into a queue. */
export function parseEvent(text: string): ParsedEvent {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { known: false, why: 'it is no JSON' };
  }
  const envelope = envelopeSchema.safeParse(document);
  if (!envelope.success) return { known: false, why: 'it is no event' };
  const event = envelope.data;
  const parse = PARSERS[`${event.source}|${event['detail-type']}`];
  if (parse === undefined) return { known: false, why: `${event['detail-type']} of ${event.source}` };
  try {
    return { known: true, notices: parse(event, Date.parse(event.time)) };
  } catch (error) {
    if (error instanceof z.ZodError) return { known: false, why: `${event['detail-type']} without what it is about` };
    throw error;
  }
}

function machineIn(detail: unknown): string {
  return instanceSchema.parse(detail)['instance-id'];
}
