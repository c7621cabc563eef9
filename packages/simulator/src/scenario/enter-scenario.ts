import type { World } from '../world/world.ts';
import type { Scenario, SpotTrace } from './scenario.ts';

const HOUR_MS = 3_600_000;

/** Enters into the world everything that the scenario says will happen at a time. */
export function enterScenario(
  world: World,
  scenario: Scenario,
  traces: readonly { readonly zone: string | null; readonly trace: SpotTrace }[],
): void {
  enterLoad(world, scenario);
  for (const { afterHours, capacityType, factor } of scenario.priceChanges) {
    world.at({ kind: 'prices', capacityType, factor }, afterHours * HOUR_MS);
  }
  for (const { zone, trace } of traces) enterTrace(world, scenario, zone, trace);
}

function enterLoad(world: World, { load, hours, startsAt }: Scenario): void {
  const firstHour = new Date(startsAt).getUTCHours();
  for (const [uid, { reference, namespace, replicas }] of world.state.owners) {
    const rule = load.find((one) => {
      const isNamed = one.owner === '' ? reference.kind === 'ReplicaSet' : one.owner === reference.name;
      return isNamed && (one.namespace === '' || one.namespace === namespace);
    });
    if (rule === undefined) continue;
    for (let hour = 0; hour < hours; hour++) {
      const wanted = Math.max(1, Math.round(replicas * rule.ofReplicas[(firstHour + hour) % 24]!));
      world.at({ kind: 'scale', owner: uid, replicas: wanted }, hour * HOUR_MS);
    }
  }
}

/** Where the recorded count falls, nodes are taken back; while it is 0, none can be had. It repeats from its end. */
function enterTrace(world: World, { hours, spot }: Scenario, zone: string | null, { metadata, data }: SpotTrace): void {
  const gapMs = metadata.gap_seconds * 1000;
  const most = Math.max(...data);
  if (most === 0) {
    world.at({ kind: 'spot-capacity', zone, available: false }, 0);
    return;
  }
  for (let index = 0; index * gapMs < hours * HOUR_MS; index++) {
    const now = data[index % data.length]!;
    const before = index === 0 ? most : data[(index - 1) % data.length]!;
    const inMs = Math.round(index * gapMs);
    if (now === 0 && (before > 0 || index === 0)) world.at({ kind: 'spot-capacity', zone, available: false }, inMs);
    if (now > 0 && before === 0) world.at({ kind: 'spot-capacity', zone, available: true }, inMs);
    if (now >= before) continue;
    world.at({ kind: 'spot-share', zone, share: (before - now) / most, noticeMs: spot.noticeMs }, inMs);
  }
}
