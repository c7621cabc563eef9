import { firstProblem } from '@restow/model';
import type { SourcedCommitment } from '@restow/pricing';
import { z } from 'zod';
import { type MachineType, seriesOf } from './machine-types.ts';
import { priceOf, type Rates } from './rates.ts';

const MIB_PER_GIB = 1024;
/** As commitments name their series. Source: Compute Engine API, Commitment.type. */
const TYPES: Readonly<Record<string, string>> = {
  GENERAL_PURPOSE: 'n1',
  GENERAL_PURPOSE_C4: 'c4',
  GENERAL_PURPOSE_E2: 'e2',
  GENERAL_PURPOSE_N2: 'n2',
  GENERAL_PURPOSE_N2D: 'n2d',
  GENERAL_PURPOSE_N4: 'n4',
  GENERAL_PURPOSE_T2D: 't2d',
  COMPUTE_OPTIMIZED: 'c2',
  COMPUTE_OPTIMIZED_C2D: 'c2d',
  COMPUTE_OPTIMIZED_C3: 'c3',
  COMPUTE_OPTIMIZED_C3D: 'c3d',
};
const YEARS: Readonly<Record<string, number>> = { TWELVE_MONTH: 1, THIRTY_SIX_MONTH: 3 };

const whole = z.union([z.int().nonnegative(), z.string().regex(/^\d+$/)]).transform(Number);
const commitmentSchema = z.object({
  name: z.string().min(1),
  status: z.string(),
  type: z.string(),
  plan: z.string(),
  endTimestamp: z.iso.datetime({ offset: true }).nullish(),
  resources: z.array(z.object({ type: z.string(), amount: whole })),
});
const reservationSchema = z.object({
  name: z.string().min(1),
  zone: z.string(),
  status: z.string(),
  specificReservationRequired: z.boolean().default(false),
  specificReservation: z.object({ count: whole, instanceProperties: z.object({ machineType: z.string().min(1) }) }),
});

export interface PricedTypes {
  readonly types: readonly MachineType[];
  readonly rates: Rates;
}

/**
 * Committed use of a series' cores and memory: as much spend as they would cost on demand, which machines of the series use
 * up by their price. A string says why it does not count; null: it is over.
 */
export function decodeCommitment(
  item: unknown,
  region: string,
  { types, rates }: PricedTypes,
): SourcedCommitment | string | null {
  const parsed = commitmentSchema.safeParse(item);
  if (!parsed.success) return `a commitment: ${firstProblem(parsed.error)}`;
  const { name, status, type, plan, endTimestamp, resources } = parsed.data;
  if (status !== 'ACTIVE') return null;
  const series = TYPES[type];
  if (series === undefined) return `commitment ${name}: what ${type} covers is not known here`;
  const [vcpus, memoryMib] = ['VCPU', 'MEMORY'].map((kind) => resources.find((one) => one.type === kind)?.amount);
  if (vcpus === undefined || memoryMib === undefined || resources.length !== 2) {
    return `commitment ${name}: it is not of cores and memory alone, and is not counted`;
  }
  const [core, ram] = [rates.get(`${series}/core on-demand`), rates.get(`${series}/ram on-demand`)];
  if (core === undefined || ram === undefined)
    return `commitment ${name}: there is no price of ${series}'s cores or memory`;
  const gib = memoryMib / MIB_PER_GIB;
  const years = YEARS[plan];
  const [paidCore, paidRam] = [
    `commit-${years}/${series}/core on-demand`,
    `commit-${years}/${series}/ram on-demand`,
  ].map((key) => rates.get(key));
  const covered = types.flatMap((one): [string, number][] => {
    const price = seriesOf(one.instanceType) === series ? priceOf(one, 'on-demand', rates) : '';
    return typeof price === 'number' ? [[one.instanceType, price]] : [];
  });
  return {
    id: name,
    kind: 'committed-use',
    // Which types it covers is what `ofType` says.
    covers: { instanceTypes: [], families: [], region, zone: null, os: 'linux' },
    amount: {
      unit: 'spend',
      nanosPerHour: Math.round(core * vcpus + ram * gib),
      ofType: Object.fromEntries(covered),
    },
    nanosPerHour: paidCore === undefined || paidRam === undefined ? null : Math.round(paidCore * vcpus + paidRam * gib),
    // Others of the project, or of all that share it, may use what this cluster does not.
    shared: true,
    endsAt: endTimestamp ?? null,
  };
}

/** Machines of one type that are held ready in a zone, and paid for. Reserved for whoever names it, it is named and not counted. */
export function decodeReservation(
  item: unknown,
  region: string,
  { types, rates }: PricedTypes,
): SourcedCommitment | string | null {
  const parsed = reservationSchema.safeParse(item);
  if (!parsed.success) return `a reservation: ${firstProblem(parsed.error)}`;
  const { name, zone, status, specificReservationRequired, specificReservation } = parsed.data;
  if (status !== 'READY') return null;
  if (specificReservationRequired) return `reservation ${name} is for whoever names it, and is not counted`;
  const { count, instanceProperties } = specificReservation;
  const type = types.find(({ instanceType }) => instanceType === instanceProperties.machineType);
  const price = type === undefined ? '' : priceOf(type, 'on-demand', rates);
  return {
    id: name,
    kind: 'capacity-reservation',
    covers: {
      instanceTypes: [instanceProperties.machineType],
      families: [],
      region,
      zone: zone.slice(zone.lastIndexOf('/') + 1),
      os: 'linux',
    },
    amount: { unit: 'machines', count },
    nanosPerHour: typeof price === 'number' ? price * count : null,
    shared: false,
    endsAt: null,
  };
}
