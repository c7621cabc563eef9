import { sleep } from './daemon.ts';

/** Until `test` finds something; throws after `limitMs`. */
export async function untilFound<Found>(
  ask: () => Promise<Found | null>,
  what: string,
  limitMs = 120_000,
): Promise<Found> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = await ask();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not after ${limitMs} ms`);
    await sleep(200);
  }
}
