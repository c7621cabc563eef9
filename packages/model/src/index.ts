export type { Amendments, OfferingChoice } from './amendments.ts';
export { API_VERSION, describeForeignVersion } from './api-version.ts';
export { compareText } from './compare.ts';
export type { DeepReadonly } from './deep-readonly.ts';
export { canonicalJson, digestOf } from './digest.ts';
export { InputError, type InputLocation, RestowError } from './errors.ts';
export { nodeFingerprint, podFingerprint } from './fingerprint.ts';
export { firstProblem } from './first-problem.ts';
export {
  LABEL,
  MEASURED_MEMORY,
  PROTECTED_ANNOTATION,
  PROTECTIONS,
  PUBLIC_VALUE_LABELS,
  STAYS_MARK,
  STEERED_ANNOTATION,
  UNPREFERRED_TAINT,
} from './labels.ts';
export {
  formatMicros,
  HOURS_PER_MONTH,
  type MicrosPerHour,
  type NanosPerHour,
  nanosToMicros,
  parseRateNanos,
} from './money.ts';
export { formatPath, issueToError, parseDocument } from './parse-document.ts';
export * from './plan.ts';
export {
  DEFAULT_POLICY,
  type EvacuationPolicy,
  type NodeTemplatePolicy,
  type Policy,
  policySchema,
  type RunPolicy,
  type RunWindow,
} from './policy.ts';
export { type MovingRates, USUAL_RATES } from './policy-evacuation.ts';
export * from './price-book.ts';
export { parseQuantity, type Quantity, quantityToMilli, quantityToUnits } from './quantity.ts';
export { addResources, maxResources, parseResource, type Resources } from './resources.ts';
export * from './scheduling-spec.ts';
export { seededRandom } from './seeded-random.ts';
export * from './snapshot.ts';
