import type { MicrosPerHour, Offering, PriceBook, SnapshotNode } from '@restow/model';
import { nanosToMicros } from '@restow/model';

export interface NodePrice {
  readonly microsPerHour: MicrosPerHour;
  readonly offering: Offering;
}

/** Prices nodes that exist: the first source that knows type, capacity type, place and architecture; or null. */
export class PriceLookup {
  readonly #byType = new Map<string, Offering[]>();

  constructor(book: PriceBook) {
    for (const offering of book.offerings) {
      const key = `${offering.instanceType}|${offering.capacityType}`;
      const list = this.#byType.get(key);
      if (list === undefined) this.#byType.set(key, [offering]);
      else list.push(offering);
    }
    for (const list of this.#byType.values())
      list.sort((a, b) => a.source - b.source || specificity(b) - specificity(a));
  }

  priceOf(node: Pick<SnapshotNode, 'instanceType' | 'capacityType' | 'zone' | 'region' | 'arch'>): NodePrice | null {
    for (const offering of this.#byType.get(`${node.instanceType}|${node.capacityType}`) ?? []) {
      if (offering.arch !== node.arch) continue;
      if (offering.zone !== null && offering.zone !== node.zone) continue;
      if (offering.region !== null && offering.region !== node.region) continue;
      return { microsPerHour: nanosToMicros(offering.nanosPerHour), offering };
    }
    return null;
  }
}

function specificity(offering: Offering): number {
  return (offering.zone === null ? 0 : 2) + (offering.region === null ? 0 : 1);
}
