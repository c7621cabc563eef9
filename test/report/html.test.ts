import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Body, SqliteStore } from '@restow/report';
import { lookAt, whyNoNodes } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ManyCommands } from '../cli/many-commands.ts';

const HOUR = 3_600_000;
const DAY = Date.UTC(2026, 10, 1);
const GIB = 2 ** 30;
const COLD_MS = 20 * 60_000;
const HOSTILE = `<script>document.title='taken'</script><img src=http://192.0.2.1/x onerror=alert(1)>"'&`;
const why = whyNoNodes();
vi.setConfig({ testTimeout: COLD_MS });

const nodeOf = (name: string, from: number, until: number): Body => ({
  kind: 'node',
  ...{ uid: name, name, from: DAY + from * HOUR, until: DAY + until * HOUR, instanceType: HOSTILE, zone: null },
  ...{ capacityType: 'spot', group: null, cpuMilli: 4_000, memoryBytes: 16 * GIB, gpus: 0 },
  ...{ microsPerHour: 200_000, listMicrosPerHour: 300_000 },
});
const podOf = (namespace: string, name: string, until: number): Body => ({
  kind: 'pod',
  ...{ uid: name, namespace, name, node: 'n', from: DAY, until: DAY + until * HOUR, controller: null },
  ...{ labels: { team: HOSTILE }, cpuMilli: 1_000, memoryBytes: 8 * GIB, gpus: 0, usedMemoryBytes: null },
});
const gap: Body = { kind: 'gap', from: DAY + 10 * HOUR, until: DAY + 12 * HOUR, why: HOSTILE };
const plan: Body = {
  kind: 'plan',
  ...{ at: DAY + HOUR, run: 'r', schedule: 's', microsPerHour: { before: 2, after: 1, bound: 1 } },
  memoryFraction: 0.9,
  blockers: [
    { namespace: 'shop', pod: 'a', node: 'n', controller: 'StatefulSet/a', reasons: [HOSTILE], microsPerHour: 50_000 },
  ],
};
const run: Body = {
  kind: 'run',
  ...{ run: HOSTILE, purpose: 'rebalance', startedAt: DAY + HOUR, endedAt: DAY + 2 * HOUR, outcome: 'target' },
  reasons: [HOSTILE],
  promised: {
    ...{ microsPerHour: 9, listMicrosPerHour: 9, effectiveMicrosPerHour: null },
    cashMicrosPerHour: { low: 8, high: 9 },
  },
  removed: [{ node: 'm', uid: 'm', microsPerHour: 300_000, at: DAY + 2 * HOUR }],
  launched: [],
  surgeMicros: 0,
};
const opened: Body = { kind: 'opened', at: DAY, cluster: 'c', currency: 'EUR' };

describe.skipIf(why !== null)(why ?? 'the report as a page, in headless Chromium', () => {
  let commands: ManyCommands;
  let folder: string;
  beforeAll(() => {
    commands = new ManyCommands();
    folder = mkdtempSync(join(tmpdir(), 'restow-html-'));
  });
  afterAll(() => {
    commands?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const page = async (name: string, bodies: readonly Body[], ...args: readonly string[]): Promise<string> => {
    const file = join(folder, `${Math.random()}.sqlite`);
    const store = SqliteStore.open(file);
    store.append(bodies);
    store.close();
    const where = ['--ledger', file, '--from', '2026-11-01', '--to', '2026-11-02'];
    const { code, stdout } = await commands.run(['report', name, ...where, '-o', 'html', ...args]);
    expect(code).toBe(0);
    return stdout;
  };
  const cluster = [opened, nodeOf('n', 0, 10), gap, nodeOf('n', 12, 24), podOf('shop', 'a', 24), plan, run];

  test('it says what it must, nothing in it runs or is loaded, and whatever a name is, it is text', async () => {
    const { dom, console } = await lookAt(await page('summary', cluster, '--by', 'label:team'));
    expect(console).toEqual([]);
    expect(dom).toContain('<title>What the cluster cost</title>');
    for (const tag of ['<script', '<img', '<link', '<iframe', 'style=']) expect(dom).not.toContain(tag);
    // As the browser writes it: what pays, what stands in the way and what is not known.
    expect(dom.split('&lt;script&gt;').length - 1).toBeGreaterThanOrEqual(4);
    for (const said of ['4.40 EUR', '91.7 %', '6.60 EUR', '36.50 EUR', 'nothing is known from 2026-11-01T10:00:00Z']) {
      expect(dom).toContain(said);
    }
  });

  test('what a page must not do, its policy does not let it do', async () => {
    const sound = await page('summary', cluster);
    const tampered = sound.replace(
      '</main>',
      `<script>1</script><p style="color:red">x</p><img src="http://192.0.2.1/x"></main>`,
    );
    const { console } = await lookAt(tampered);
    expect(console).toHaveLength(3);
    for (const said of console) expect(said).toMatch(/Content Security Policy/);
  });

  test.each(['allocation', 'idle', 'actions', 'savings'])(
    'restow report %s -o html is a page of its own',
    async (name) => {
      const { dom, console } = await lookAt(await page(name, cluster));
      expect(console).toEqual([]);
      expect(dom).toContain(`<h2>${name}</h2>`);
      expect(dom).toMatch(/<tbody><tr><td/);
    },
  );

  test('of nothing it says that nothing is known', async () => {
    const { dom, console } = await lookAt(await page('summary', []));
    expect(console).toEqual([]);
    for (const said of ['the ledger is empty', 'Nothing was planned', 'No run has ended', '0.0 %'])
      expect(dom).toContain(said);
    expect(dom).not.toMatch(/NaN|Infinity|undefined/);
  });
});
