import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { untilFound } from '@restow/testkit';
import { expect } from 'vitest';
import {
  type ClusterSize,
  isReady,
  type KarpenterCluster,
  marksOn,
  startKarpenterCluster,
} from '../apply/karpenter-cluster.ts';
import { Watcher } from '../apply/watcher.ts';
import { restow } from '../cli/run-restow.ts';
import { Server } from './server.ts';

/** A cluster of Karpenter's that has more nodes than it needs, looked at from outside, for `restow serve` to work on. */
export class ServeBed {
  readonly cluster: KarpenterCluster;
  folder = '';
  #watcher: Watcher | null = null;
  #server: Server | null = null;
  #isFragmented = true;

  private constructor(cluster: KarpenterCluster) {
    this.cluster = cluster;
  }

  static async start(size: ClusterSize): Promise<ServeBed> {
    return new ServeBed(await startKarpenterCluster(size));
  }

  get watcher(): Watcher {
    return this.#watcher!;
  }

  get ledger(): string {
    return join(this.folder, 'ledger.sqlite');
  }

  async begin(): Promise<void> {
    this.folder = mkdtempSync(join(tmpdir(), 'restow-serve-'));
    if (!this.#isFragmented) await this.cluster.fragment();
    this.#isFragmented = false;
    this.#watcher = await Watcher.open(this.cluster.controlPlane.kubeconfig, this.cluster.workloads.replicas);
  }

  async end(): Promise<void> {
    await this.#server?.stop('SIGKILL');
    this.#server = null;
    await this.#watcher?.close();
    expect(this.#watcher?.problems).toEqual([]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  stop(): Promise<void> {
    return this.cluster.stop();
  }

  /** The file of a configuration with one schedule, `often`. */
  configure(schedule: object, policy: object = {}): string {
    const file = join(this.folder, 'serve.yaml');
    const run = { limits: { pendingMs: 20_000 }, budgets: { podsPerMinute: null } };
    writeFileSync(join(this.folder, 'policy.yaml'), JSON.stringify({ run, ...policy }));
    const config = {
      listen: { host: '127.0.0.1', port: 0 },
      prices: [this.cluster.prices[1]],
      ledger: 'ledger.sqlite',
      schedules: [{ name: 'often', cron: '*/10 * * * * *', effort: 'quick', policy: 'policy.yaml', ...schedule }],
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  }

  /** `where`: which cluster, by restow's own options. */
  serve(file: string, where: readonly string[] = this.cluster.where): Server {
    this.#server = new Server(['--config', file, ...where], { XDG_STATE_HOME: join(this.folder, 'state') });
    return this.#server;
  }

  async expectWell(pods = this.cluster.workloads.pods): Promise<void> {
    await untilFound(async () => {
      const found = await this.cluster.pods();
      return found.length === pods && found.every(isReady) ? true : null;
    }, 'all pods are ready');
    expect(marksOn(await this.cluster.nodes())).toEqual([]);
  }

  /**
   * By Node events alone: what is gone is saved, what has come is paid, half an hour from now. `others`: somebody else has
   * added nodes too, which are the difference between most and least.
   */
  async expectSavingsAsWatched({ others = false } = {}): Promise<void> {
    const rows = readFileSync(this.cluster.prices[1]!.slice('file:'.length), 'utf8').trim().split('\n');
    const prices = new Map(
      rows.slice(1).map((row) => {
        const [type, _zone, capacityType, ...cells] = row.split(',');
        return [`${type} ${capacityType}`, Number(cells.at(-1))];
      }),
    );
    const to = Date.now() + 1_800_000;
    let saved = 0;
    for (const { labels, addedAt, goneAt } of this.watcher.nodes.values()) {
      const isOwn = !others || labels['restow.dev/order'] !== undefined;
      const paidMs = addedAt === null || !isOwn ? 0 : to - addedAt;
      const hours = ((goneAt === null ? 0 : to - goneAt) - paidMs) / 3_600_000;
      const what = ['node.kubernetes.io/instance-type', 'karpenter.sh/capacity-type'];
      saved += hours * prices.get(what.map((label) => labels[label]).join(' '))!;
    }
    const where = ['--ledger', this.ledger, '--to', new Date(to).toISOString()];
    const { stdout, stderr } = await restow(['report', 'savings', ...where, '-o', 'json']);
    expect(stderr).toBe('');
    const { total } = JSON.parse(stdout) as { total: { realisedLow: number; realisedHigh: number } };
    expect(saved).toBeGreaterThan(0);
    expect(total.realisedLow).toBeLessThanOrEqual(total.realisedHigh);
    for (const micros of others ? [total.realisedHigh] : [total.realisedLow, total.realisedHigh]) {
      expect(Math.abs(micros / 1e6 - saved)).toBeLessThan(saved / 100);
    }
    expect((await restow(['ledger', 'verify', this.ledger])).code).toBe(0);
  }
}
