/** Of every document that restow writes: Snapshot, PriceBook, Plan, Policy. */
export const API_VERSION = 'restow.dev/v1alpha1';

/** What a reader says about a document of another version. */
export function describeForeignVersion(found: unknown): string {
  return `apiVersion is ${JSON.stringify(found)}; this restow reads ${API_VERSION} (a newer restow may have written it)`;
}
