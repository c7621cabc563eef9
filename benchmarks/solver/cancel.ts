/**
 * How long a cancelled search takes to answer, at so many moments of it: from the abort to the checked plan. One JSON line
 * for each.
 * Usage: node benchmarks/solver/cancel.ts --file DUMP.json.gz --prices SOURCE [--points 10] [--effort normal]
 */
import { parseArgs } from 'node:util';
import type { Effort } from '@restow/model';
import { planInWorker } from '@restow/solver';
import { POLICY } from './plan-cluster.ts';
import { readCluster } from './read-cluster.ts';

const { values } = parseArgs({
  options: {
    file: { type: 'string' },
    prices: { type: 'string' },
    points: { type: 'string', default: '10' },
    effort: { type: 'string', default: 'normal' },
  },
});
if (values.file === undefined || values.prices === undefined) {
  process.stderr.write('usage: node benchmarks/solver/cancel.ts --file DUMP.json.gz --prices SOURCE [--points N]\n');
  process.exit(2);
}
const points = Number(values.points);
const { snapshot, book } = await readCluster(values.file, values.prices);
const request = { snapshot, book, policy: { ...POLICY, movePrice: '0' }, effort: values.effort as Effort, seed: 1 };
const ofWhole = await timed(Number.POSITIVE_INFINITY);
for (let point = 0; point < points; point++) {
  const cancelledAfterMs = Math.round((ofWhole.ms * (point + 0.5)) / points);
  const { ms, phase, plan } = await timed(cancelledAfterMs);
  // It was done before.
  if (ms <= cancelledAfterMs) continue;
  const { status, microsPerHour } = plan.summary;
  console.log(
    JSON.stringify({
      pods: snapshot.pods.length,
      wholeMs: ofWhole.ms,
      cancelledAfterMs,
      phase,
      answeredAfterMs: ms - cancelledAfterMs,
      status,
      microsPerHourAfter: microsPerHour.after,
    }),
  );
}

async function timed(cancelAfterMs: number) {
  const controller = new AbortController();
  let phase = 'starting';
  let phaseThen = phase;
  const timer = Number.isFinite(cancelAfterMs)
    ? setTimeout(() => {
        phaseThen = phase;
        controller.abort();
      }, cancelAfterMs)
    : undefined;
  const started = performance.now();
  const plan = await planInWorker(request, {
    timeLimitMs: 600_000,
    signal: controller.signal,
    onProgress: (next) => {
      phase = next;
    },
  });
  clearTimeout(timer);
  return { ms: Math.round(performance.now() - started), phase: phaseThen, plan };
}
