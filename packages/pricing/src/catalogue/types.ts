import type { Offering } from '@restow/model';

/** A built-in offering before its place in a price book is known. */
export type CatalogueOffering = Omit<Offering, 'source' | 'launchable'>;

export interface Catalogue {
  readonly name: string;
  readonly region: string;
  /** ISO date on which the prices were valid. */
  readonly asOf: string;
  readonly offerings: readonly CatalogueOffering[];
}
