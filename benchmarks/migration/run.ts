import { parseArgs } from 'node:util';
import { imageReference } from '@restow/testkit';
import { AgentBed } from '../../test/nodes/agent-bed.ts';
import { fillWithNoise, incrementing, probing } from '../../test/nodes/incrementing.ts';
import { redisSet } from '../../test/nodes/objects.ts';

/**
 * Moves a redis of each size live between two real kubelets, beside a bare `runc checkpoint` and `restore` of the same
 * process on one node, and beside what everybody can do: delete the pod and wait. A line of JSON for each size, of the
 * round with the median outage; the bare time is the median of all rounds. `--fill`: `noise`, or `zeros`, which are not
 * sent.
 */
const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10,100,500' },
    json: { type: 'boolean', default: false },
    fill: { type: 'string', default: 'noise' },
    rounds: { type: 'string', default: '3' },
  },
});
const RUNC = 'runc --root /run/containerd/runc/k8s.io';
const PORT = 7000;
const QUIET_MS = 1_500;

interface Migrated {
  readonly phases: readonly { readonly phase: string; readonly atMs: number }[];
  readonly account: { readonly movedBytes: number };
}

const bed = await AgentBed.start();
try {
  for (const sizeMb of values.sizes.split(',').map(Number)) {
    const rounds: (Awaited<ReturnType<typeof migrated>> & { bareStallMs: number })[] = [];
    for (let round = 0; round < Number(values.rounds); round++)
      rounds.push({ ...(await migrated(sizeMb)), bareStallMs: await bare(sizeMb) });
    const { bareStallMs } = median(rounds, (round) => round.bareStallMs);
    const all = rounds.map((round) => [round.outageMs, round.bareStallMs]);
    const line = { sizeMb, ...median(rounds, ({ outageMs }) => outageMs), bareStallMs, rounds: all };
    process.stdout.write(values.json ? `${JSON.stringify(line)}\n` : row(line));
  }
} finally {
  await bed.stop();
}

async function migrated(sizeMb: number) {
  const name = `redis-${sizeMb}`;
  const pod = `${name}-0`;
  await bed.create(redisSet(name));
  const { ip } = await bed.pod(pod);
  const { enterNetwork } = bed.nodes;
  if (values.fill === 'zeros') await bed.fill(pod, sizeMb);
  else await fillWithNoise(enterNetwork, ip, sizeMb);
  const client = await incrementing(enterNetwork, ip, 'counter');
  const prober = await probing(enterNetwork, ip);
  const { code, stdout, stderr } = await bed.restow(['migrate', pod, '-o', 'json']);
  if (code !== 0) throw new Error(`${stdout}${stderr}`);
  await quiet();
  const { outageMs } = await prober.stop();
  const { longestSilenceMs, lostBecause, wrong, answers, last } = await client.stop();
  const { phases, account } = JSON.parse(stdout) as Migrated;
  const { restarts } = await bed.pod(pod);
  const afterwards = await probing(enterNetwork, ip).then(async (one) => {
    await one.stop();
    return rescheduled(pod);
  });
  await bed.remove(redisSet(name));
  return {
    stallMs: longestSilenceMs,
    outageMs,
    totalMs: phases.at(-1)!.atMs,
    phasesMs: Object.fromEntries(phases.map(({ phase, atMs }) => [phase, atMs])),
    rescheduleMs: afterwards,
    connectionKept: lostBecause === null,
    counterExact: wrong === 0 && answers === last,
    restartCount: restarts,
    bytesSent: account.movedBytes,
  };
}

/** From the delete until what comes in its place answers: cold, and empty. */
async function rescheduled(pod: string): Promise<number> {
  const { uid } = await bed.pod(pod);
  const startedAt = performance.now();
  await bed.nodes.controlPlane.kubectl(['delete', 'pod', pod, '--wait=false']);
  for (;;) {
    const now = await bed.pod(pod).catch(() => null);
    if (now !== null && now.uid !== uid && now.ready) return Math.round(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The least that a checkpoint and a restore can take: on one node, nothing sent, nothing checked, nobody asked. */
async function bare(sizeMb: number): Promise<number> {
  const [node] = bed.nodes.nodes;
  const sh = (line: string) =>
    node!.exec('sh', '-c', `{ ${line}; } </dev/null >/tmp/bare.log 2>&1 || { cat /tmp/bare.log >&2; exit 1; }`);
  const server = `redis-server --port ${PORT} --protected-mode no --save '' --enable-debug-command yes`;
  await sh(`ctr -n k8s.io run --detach --null-io --net-host ${imageReference('redis')} bare /usr/bin/${server}`);
  await new Promise((resolve) => setTimeout(resolve, 500));
  if (values.fill === 'zeros') await sh(`redis-cli -p ${PORT} debug populate ${sizeMb} key ${2 ** 20}`);
  else await fillWithNoise(bed.nodes.enterNetwork, node!.address, sizeMb, PORT);
  const prober = await probing(bed.nodes.enterNetwork, node!.address, PORT);
  const flags = '--tcp-established --file-locks --manage-cgroups-mode ignore --image-path /run/bare --work-path /tmp';
  const bundle = '/run/containerd/io.containerd.runtime.v2.task/k8s.io/bare';
  await sh(
    `mkdir /run/bare && ${RUNC} checkpoint ${flags} bare && ${RUNC} restore --detach ${flags} --bundle ${bundle} bare-restored`,
  );
  await quiet();
  const { outageMs } = await prober.stop();
  await sh(
    `${RUNC} delete --force bare-restored; ctr -n k8s.io task delete --force bare; ctr -n k8s.io container delete bare; rm -r /run/bare`,
  );
  return outageMs;
}

function median<Item>(items: readonly Item[], by: (item: Item) => number): Item {
  return items.toSorted((one, other) => by(one) - by(other))[(items.length - 1) >> 1]!;
}

function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, QUIET_MS));
}

function row(line: {
  readonly sizeMb: number;
  readonly outageMs: number;
  readonly bareStallMs: number;
  readonly stallMs: number;
  readonly rescheduleMs: number;
}): string {
  const { sizeMb, outageMs, bareStallMs, stallMs, rescheduleMs } = line;
  return `${sizeMb} MB: outage ${outageMs} ms (bare ${bareStallMs}), longest silence ${stallMs} ms, delete and wait ${rescheduleMs} ms\n`;
}
