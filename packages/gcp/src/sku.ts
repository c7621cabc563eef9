import type { NanosPerHour } from '@restow/model';
import { firstProblem } from '@restow/model';
import { z } from 'zod';

/** What the descriptions of a series' cores and memory begin with; `custom` where those of one's own measure cost something else. */
interface Series {
  readonly predefined: string;
  readonly custom: string | null;
  /** As commitments name it; null: there are none for it. */
  readonly committed: string | null;
}

/**
 * Every series that is priced. One that is not here is not priced, and no node of it is launched: descriptions say what
 * they want, and a new series costs what nobody here has looked at. Source: Cloud Billing's catalogue of Compute Engine.
 */
export const SERIES: Readonly<Record<string, Series>> = {
  c2: { predefined: 'Compute optimized', custom: null, committed: 'Compute optimized' },
  c2d: { predefined: 'C2D AMD Instance', custom: null, committed: 'C2D AMD' },
  c3: { predefined: 'C3 Instance', custom: null, committed: 'C3' },
  c3d: { predefined: 'C3D Instance', custom: null, committed: 'C3D' },
  c4: { predefined: 'C4 Instance', custom: null, committed: 'C4' },
  c4a: { predefined: 'C4A Arm Instance', custom: null, committed: 'C4A Arm' },
  e2: { predefined: 'E2 Instance', custom: 'E2 Custom Instance', committed: 'E2' },
  g2: { predefined: 'G2 Instance', custom: 'G2 Custom Instance', committed: 'G2' },
  n1: { predefined: 'N1 Predefined Instance', custom: 'Custom Instance', committed: '' },
  n2: { predefined: 'N2 Instance', custom: 'N2 Custom Instance', committed: 'N2' },
  n2d: { predefined: 'N2D AMD Instance', custom: 'N2D AMD Custom Instance', committed: 'N2D AMD' },
  n4: { predefined: 'N4 Instance', custom: 'N4 Custom Instance', committed: 'N4' },
  t2a: { predefined: 'T2A Arm Instance', custom: null, committed: null },
  t2d: { predefined: 'T2D AMD Instance', custom: null, committed: 'T2D AMD' },
  a2: { predefined: 'A2 Instance', custom: null, committed: 'A2' },
};

/** As machine types name them, and as descriptions do. */
const GPUS: Readonly<Record<string, string>> = {
  'nvidia-l4': 'Nvidia L4',
  'nvidia-tesla-a100': 'Nvidia Tesla A100',
  'nvidia-a100-80gb': 'Nvidia Tesla A100 80GB',
};
/** N1's types with a share of a core are sold whole. */
const WHOLE: Readonly<Record<string, string>> = {
  'f1-micro': 'Micro Instance with burstable CPU',
  'g1-small': 'Small Instance with 1 VCPU',
};

/** What a price is of: `n2/core`, `n2-custom/ram`, `gpu/nvidia-l4`, `whole/f1-micro`, `commit-1/n2/core`. */
export interface UnitRate {
  readonly of: string;
  readonly capacityType: 'on-demand' | 'spot';
  /** Of a core, a GiB, a GPU, or a machine. */
  readonly nanosPerHour: NanosPerHour;
}

interface Pattern {
  readonly of: string;
  readonly unit: 'h' | 'GiBy.h';
  /** Without what says that it is spot. */
  readonly description: RegExp;
}

const PATTERNS: readonly Pattern[] = [
  ...Object.entries(SERIES).flatMap(([series, { predefined, custom, committed }]) => [
    ...partsOf(series, (part) => `${predefined} ${part} running in .+`),
    ...(custom === null ? [] : partsOf(`${series}-custom`, (part) => `${custom} ${part} running in .+`)),
    ...(committed === null
      ? []
      : [1, 3].flatMap((years) => {
          const name = committed === '' ? '' : `${committed} `;
          const end = `in .+ for ${years} Years?`;
          return partsOf(
            `commit-${years}/${series}`,
            (part) => `Commitment v1: ${name}${part === 'Core' ? 'Cpu' : part} ${end}`,
          );
        })),
  ]),
  ...Object.entries(GPUS).map(([type, name]): Pattern => {
    return { of: `gpu/${type}`, unit: 'h', description: new RegExp(`^${name} GPU (attached to VMs )?running in .+$`) };
  }),
  ...Object.entries(WHOLE).map(([type, name]): Pattern => {
    return { of: `whole/${type}`, unit: 'h', description: new RegExp(`^${name} running in .+$`) };
  }),
];

function partsOf(of: string, sentence: (part: string) => string): Pattern[] {
  return [
    { of: `${of}/core`, unit: 'h', description: new RegExp(`^${sentence('Core')}$`) },
    { of: `${of}/ram`, unit: 'GiBy.h', description: new RegExp(`^${sentence('Ram')}$`) },
  ];
}

const skuSchema = z.object({
  description: z.string(),
  category: z.object({ resourceFamily: z.string(), usageType: z.string() }),
  serviceRegions: z.array(z.string()),
  pricingInfo: z.array(z.unknown()),
});
const priceSchema = z.object({
  pricingExpression: z.object({
    usageUnit: z.string(),
    tieredRates: z
      .array(
        z.object({
          startUsageAmount: z.number().nonnegative(),
          unitPrice: z.object({
            currencyCode: z.string(),
            units: z.coerce.string().regex(/^\d+$/),
            nanos: z.int().nonnegative(),
          }),
        }),
      )
      .min(1),
  }),
});

/** How usage is sold. */
const USAGE: Readonly<Record<string, UnitRate['capacityType']>> = {
  OnDemand: 'on-demand',
  Preemptible: 'spot',
  Commit1Yr: 'on-demand',
  Commit3Yr: 'on-demand',
};
/** What descriptions of spot usage have more than others: in front, or where GPUs say to what they belong. */
const SPOT_WORDS = /^Spot Preemptible | attached to Spot Preemptible VMs/;

/** Reads one SKU. null: it is of something else, or of another region. A string says why its price is not known. */
export function decodeSku(item: unknown, region: string, currency: string): UnitRate | string | null {
  const parsed = skuSchema.safeParse(item);
  if (!parsed.success) return `a SKU: ${firstProblem(parsed.error)}`;
  const { description, category, serviceRegions, pricingInfo } = parsed.data;
  const capacityType = USAGE[category.usageType];
  if (!serviceRegions.includes(region) || capacityType === undefined) return null;
  if (SPOT_WORDS.test(description) !== (capacityType === 'spot')) return null;
  const plain = description.replace(SPOT_WORDS, '');
  const isCommitment = category.usageType.startsWith('Commit');
  const pattern = PATTERNS.find((one) => one.description.test(plain) && one.of.startsWith('commit-') === isCommitment);
  if (pattern === undefined) return null;
  const price = priceSchema.safeParse(pricingInfo.at(-1));
  if (!price.success) return `${description}: ${firstProblem(price.error)}`;
  const { usageUnit, tieredRates } = price.data.pricingExpression;
  if (usageUnit !== pattern.unit) return `${description}: it is sold by ${usageUnit}, not by ${pattern.unit}`;
  // A first tier may be free; whoever has a cluster is in the last.
  const { unitPrice } = tieredRates.at(-1)!;
  if (unitPrice.currencyCode !== currency) return `${description}: its price is in ${unitPrice.currencyCode}`;
  const nanosPerHour = Number(unitPrice.units) * 1e9 + unitPrice.nanos;
  if (nanosPerHour === 0) return `${description}: its price is zero`;
  return { of: pattern.of, capacityType, nanosPerHour };
}
