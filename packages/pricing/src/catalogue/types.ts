import type { SourcedOffering } from '../sources.ts';

export type CatalogueOffering = SourcedOffering;

export interface Catalogue {
  readonly name: string;
  readonly region: string;
  /** ISO date on which the prices were valid. */
  readonly asOf: string;
  readonly offerings: readonly CatalogueOffering[];
}
