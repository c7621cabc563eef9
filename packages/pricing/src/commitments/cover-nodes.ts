import type { Commitment, MicrosPerHour, NanosPerHour, SnapshotNode } from '@restow/model';
import { nanosToMicros } from '@restow/model';
import type { PriceLookup } from '../price-lookup.ts';

/** What a node costs that commitments pay for, in part or in whole. */
export interface CoveredNode {
  readonly by: readonly string[];
  /** What the next invoice has less if the node goes: at least, since nothing of what is committed comes back. */
  readonly cashMicrosPerHour: MicrosPerHour;
  /** At most: all that is freed saves money elsewhere in the organisation. */
  readonly mostCashMicrosPerHour: MicrosPerHour;
  /** With the commitments' own cost spread over what they cover; null: that is not known. */
  readonly effectiveMicrosPerHour: MicrosPerHour | null;
}

export interface Coverage {
  readonly nodes: ReadonlyMap<string, CoveredNode>;
  /** What is left of each commitment, in its own unit. */
  readonly left: ReadonlyMap<string, number>;
}

type Priced = Pick<SnapshotNode, 'name' | 'instanceType' | 'capacityType' | 'zone' | 'region' | 'arch' | 'os'>;

interface Part {
  readonly commitment: Commitment;
  /** In its unit. */
  readonly taken: number;
}

/** Exact: what is open of a node after several commitments is no decimal. */
interface Fraction {
  readonly part: bigint;
  readonly whole: bigint;
}

/** What is bound to a place comes before what is not, and capacity before spend. Source: AWS, "How Savings Plans apply". */
const ORDER: readonly Commitment['amount']['unit'][] = ['machines', 'sizes', 'spend'];

/**
 * Spreads commitments over nodes, the first ones first: whoever calls puts those first that stay anyway. Nodes of which
 * nothing is covered are left out, and so are those without a price.
 */
export function coverNodes(
  nodes: readonly Priced[],
  commitments: readonly Commitment[],
  prices: Pick<PriceLookup, 'priceOf'>,
): Coverage {
  const ordered = commitments.toSorted(
    (one, other) =>
      ORDER.indexOf(one.amount.unit) - ORDER.indexOf(other.amount.unit) ||
      Number(one.covers.zone === null) - Number(other.covers.zone === null) ||
      (one.id < other.id ? -1 : 1),
  );
  const left = new Map(ordered.map((one) => [one.id, sizeOf(one)]));
  const covered = new Map<string, CoveredNode>();
  for (const node of nodes) {
    if (node.capacityType === 'spot' || node.instanceType === null) continue;
    const nanos = prices.priceOf(node)?.offering.nanosPerHour;
    if (nanos === undefined) continue;
    const parts: Part[] = [];
    let open: Fraction = { part: 1n, whole: 1n };
    for (const commitment of ordered) {
      const whole = wholeOf(commitment, node);
      const rest = left.get(commitment.id)!;
      if (open.part === 0n || whole === null || rest === 0) continue;
      const wanted = Number((BigInt(whole) * open.part + open.whole - 1n) / open.whole);
      const taken = Math.min(wanted, rest);
      left.set(commitment.id, rest - taken);
      parts.push({ commitment, taken });
      open = less(open, BigInt(taken), BigInt(whole));
    }
    if (parts.length > 0) covered.set(node.name, costOf(nanos, parts, open));
  }
  return { nodes: covered, left };
}

function sizeOf({ amount }: Commitment): number {
  return amount.unit === 'spend' ? amount.nanosPerHour : amount.count;
}

/** What all of the node takes of the commitment, in its unit; null: it does not cover it. */
function wholeOf({ covers, amount }: Commitment, node: Priced): number | null {
  const type = node.instanceType!;
  const family = type.slice(0, type.lastIndexOf('.') < 0 ? type.length : type.lastIndexOf('.'));
  if (covers.instanceTypes.length > 0 && !covers.instanceTypes.includes(type)) return null;
  if (covers.families.length > 0 && !covers.families.includes(family)) return null;
  if (covers.region !== null && covers.region !== node.region) return null;
  if (covers.zone !== null && covers.zone !== node.zone) return null;
  if (covers.os !== node.os) return null;
  if (amount.unit === 'machines') return 1;
  const whole = amount.ofType[type];
  return whole === undefined || whole === 0 ? null : whole;
}

function less({ part, whole }: Fraction, taken: bigint, of: bigint): Fraction {
  const left = part * of - taken * whole;
  return left <= 0n ? { part: 0n, whole: 1n } : { part: left, whole: whole * of };
}

function costOf(nanos: NanosPerHour, parts: readonly Part[], open: Fraction): CoveredNode {
  const cash = share(nanos, open.part, open.whole);
  let effective: NanosPerHour | null = cash;
  let isShared = false;
  for (const { commitment, taken } of parts) {
    const { nanosPerHour } = commitment;
    isShared ||= commitment.shared;
    if (nanosPerHour === null || effective === null) effective = null;
    else effective += share(nanosPerHour, BigInt(taken), BigInt(sizeOf(commitment)));
  }
  return {
    by: parts.map(({ commitment }) => commitment.id),
    cashMicrosPerHour: nanosToMicros(cash),
    mostCashMicrosPerHour: nanosToMicros(isShared ? nanos : cash),
    effectiveMicrosPerHour: effective === null ? null : nanosToMicros(effective),
  };
}

/** Rounded half up, once. */
function share(nanos: NanosPerHour, part: bigint, whole: bigint): NanosPerHour {
  return Number((BigInt(nanos) * part * 2n + whole) / (2n * whole));
}
