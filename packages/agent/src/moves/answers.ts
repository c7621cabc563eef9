import type { Done, Refusal } from '@restow/migration';

export const DONE: Done = { ok: true, phasesMs: {} };

export function refusal(...reasons: string[]): Refusal {
  return { ok: false, reasons };
}
