import { parseArgs } from 'node:util';
import { DEFAULT_POLICY, USUAL_RATES as rates, seededRandom } from '@restow/model';
import { byPriority, chooseOrder, type Evacuee, inPodOrder, type Leave, timetable, type Way } from '@restow/solver';
import { buildPod } from '@restow/testkit';

/** Evacuations drawn at random, each carried out in four orders while everything goes otherwise than the rates say. */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '1000' }, json: { type: 'boolean' } } });
const { marginMs } = DEFAULT_POLICY.evacuation;
const PODS_AT_ONCE = 50;
/** What agents do by themselves. */
const LIVE_AT_ONCE = 2;
const PRIORITIES = [0, 0, 0, 1_000, 100_000];

type Random = () => number;
interface Order {
  readonly leaves: readonly Leave[];
  readonly liveAtOnce: number;
}

const ORDERS: Readonly<Record<string, (evacuees: readonly Evacuee[]) => Order>> = {
  planned: (evacuees) => chooseOrder(evacuees, PODS_AT_ONCE, rates),
  'pod order': (evacuees) => ({ leaves: inPodOrder(evacuees), liveAtOnce: LIVE_AT_ONCE }),
  'by priority': (evacuees) => ({ leaves: byPriority(evacuees), liveAtOnce: LIVE_AT_ONCE }),
  'evict all': (evacuees) => ({ leaves: inPodOrder(evacuees).map(evicted), liveAtOnce: LIVE_AT_ONCE }),
};

interface Sum {
  stakeMicros: number;
  pods: number;
  readonly lost: Record<string, number>;
  chooseMs: number[];
}

const sums = new Map<number, Sum>();
for (let seed = 0; seed < Number(values.runs); seed++) {
  const random = seededRandom(seed + 1);
  const withinMs = random() < 0.5 ? 30_000 : 120_000;
  const evacuees = draw(random, withinMs);
  const truth = course(random, evacuees);
  const sum = sums.get(withinMs) ?? { stakeMicros: 0, pods: 0, lost: {}, chooseMs: [] };
  sums.set(withinMs, sum);
  sum.pods += evacuees.length;
  sum.stakeMicros += evacuees.reduce((all, { stayLossMicros }) => all + stayLossMicros, 0);
  for (const [name, orderOf] of Object.entries(ORDERS)) {
    const begun = performance.now();
    const order = orderOf(evacuees);
    if (name === 'planned') sum.chooseMs.push(performance.now() - begun);
    sum.lost[name] = (sum.lost[name] ?? 0) + lossOf(evacuees, order, truth);
  }
}
for (const [withinMs, { stakeMicros, pods, lost, chooseMs }] of [...sums].sort(([one], [other]) => one - other)) {
  const saved = Object.fromEntries(
    Object.entries(lost).map(([name, micros]) => [
      name,
      Math.round((1000 * (stakeMicros - micros)) / stakeMicros) / 10,
    ]),
  );
  chooseMs.sort((one, other) => one - other);
  const ms = { median: Math.round(chooseMs[chooseMs.length >> 1]!), most: Math.round(chooseMs.at(-1)!) };
  const line = { withinMs, runs: chooseMs.length, pods, savedPercent: saved, chooseMs: ms };
  process.stdout.write(`${JSON.stringify(line, null, values.json === true ? 0 : 2)}\n`);
}

/** One to three nodes of ten to fifty pods. */
function draw(random: Random, withinMs: number): Evacuee[] {
  const below = (most: number) => Math.floor(random() * most);
  const evacuees: Evacuee[] = [];
  const nodes = 1 + below(3);
  for (let node = 0; node < nodes; node++) {
    const pods = 10 + below(41);
    // A node that is launched, for what finds no room.
    const launchedPart = random() < 0.5 ? 0 : random() * 0.4;
    for (let index = 0; index < pods; index++) {
      const kind = random();
      const gib = 0.05 + 8 * random() ** 4;
      const replicas = kind < 0.2 ? 1 : 1 + below(20);
      const worth = 1e6 * (kind < 0.2 ? 1 + 0.5 * gib : (0.2 + 0.05 * gib) / replicas) * (0.5 + random());
      const way = (method: Way['method'], part: number, bytes = 0): Way => {
        return { method, bytes, lossMicros: Math.round(worth * part) };
      };
      const gentle = kind < 0.2 ? [way('live', 0.02, gib * 2 ** 30)] : replicas === 1 ? [way('surge', 0.25)] : [];
      evacuees.push({
        pod: { ...buildPod(`pod-${below(1e9)}`, `node-${node}`), priority: PRIORITIES[below(PRIORITIES.length)]! },
        from: `node-${node}`,
        withinMs: withinMs - marginMs,
        interruptionMicros: Math.round(worth),
        stayLossMicros: Math.round(worth * 2.2),
        ways: [...gentle, way('evict', 0.5)],
        reasons: [],
        to: 'elsewhere',
        placeReadyMs: random() < launchedPart ? rates.launchMs : 0,
        owner: kind < 0.2 ? `stateful-${node}-${below(10)}` : `web-${below(30)}`,
        ownerAtOnce: 1 + below(3),
      });
    }
  }
  return evacuees;
}

/** How slow the whole day is, and how much more or less each pod has to send than was known. */
function course(random: Random, evacuees: readonly Evacuee[]) {
  const slowness = Math.exp(0.35 * normal(random));
  const bytes = new Map(evacuees.map((evacuee) => [evacuee, Math.exp(0.3 * normal(random))]));
  return { slowness, bytes };
}

function lossOf(evacuees: readonly Evacuee[], { leaves, liveAtOnce }: Order, truth: ReturnType<typeof course>): number {
  const real = leaves.map(({ evacuee, way }): Leave => {
    const ways = evacuee.ways.map((one) => ({ ...one, bytes: one.bytes * truth.bytes.get(evacuee)! }));
    // The margin is the planner's own.
    return { evacuee: { ...evacuee, ways, withinMs: evacuee.withinMs + marginMs }, way };
  });
  const times = timetable(real, { liveAtOnce, podsAtOnce: PODS_AT_ONCE }, rates, truth.slowness);
  const all = evacuees.reduce((sum, { stayLossMicros }) => sum + stayLossMicros, 0);
  return leaves.reduce((left, { evacuee, way }, index) => {
    return times[index]!.inTime ? left - evacuee.stayLossMicros + evacuee.ways[way]!.lossMicros : left;
  }, all);
}

function evicted({ evacuee }: Leave): Leave {
  return { evacuee, way: evacuee.ways.length - 1 };
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
