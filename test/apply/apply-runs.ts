import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account, JournalRecord } from '@restow/executor';
import { type Plan, parseDocument, planSchema } from '@restow/model';
import { untilFound } from '@restow/testkit';
import { expect } from 'vitest';
import { type Outcome, restow } from '../cli/run-restow.ts';
import { isReady, type KarpenterCluster, marksOn } from './karpenter-cluster.ts';
import { Watcher } from './watcher.ts';

/** Runs of `restow apply` on one cluster, one after the other, each with its own plan, state folder and watcher. */
export class ApplyRuns {
  readonly cluster: KarpenterCluster;
  readonly #root = mkdtempSync(join(tmpdir(), 'restow-apply-'));
  readonly #policy: string | null;
  readonly #effort: string;
  #prices: readonly string[];
  #number = 0;
  #watcher: Watcher | null = null;
  #pid: number | null = null;

  constructor(cluster: KarpenterCluster, policy: string | null = null, effort = 'quick') {
    this.#effort = effort;
    this.cluster = cluster;
    this.#prices = cluster.prices;
    this.#policy = policy;
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  /**
   * Makes the cluster as it was at first, unless it still is, plans, and looks on from here; `prices`: other ones, as CSV,
   * `policy`: another one, as YAML.
   */
  async next({ prices, policy = this.#policy }: { prices?: string; policy?: string | null } = {}): Promise<Plan> {
    this.#prices =
      prices === undefined ? this.cluster.prices : ['--prices', `file:${this.#file('prices.csv', prices)}`];
    const policyArgs = policy === null ? [] : ['--policy', this.#file('policy.yaml', policy)];
    await this.#watcher?.close();
    if (++this.#number > 1) await this.cluster.fragment();
    const { code, stderr } = await this.restow('plan', [
      ...policyArgs,
      '--effort',
      this.#effort,
      '--save',
      this.planFile,
    ]);
    expect(code, stderr).toBe(0);
    this.#watcher = await Watcher.open(this.cluster.controlPlane.kubeconfig, this.cluster.workloads.replicas);
    return this.plan;
  }

  get planFile(): string {
    return join(this.#root, `${this.#number}.json`);
  }

  get plan(): Plan {
    return parseDocument(planSchema, JSON.parse(readFileSync(this.planFile, 'utf8')), 'Plan') as Plan;
  }

  get watcher(): Watcher {
    return this.#watcher!;
  }

  get runId(): string {
    return readdirSync(join(this.#state, 'restow', 'runs'))[0]!;
  }

  get #journal(): string {
    return join(this.#state, 'restow', 'runs', this.runId, 'journal');
  }

  /** A command that knows the cluster and its prices. */
  restow(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const known = [...this.cluster.where, ...this.#prices];
    return restow([command, ...(command === 'runs' ? [] : known), ...args], {
      env: { XDG_STATE_HOME: this.#state, ...env },
      onStart: (pid) => {
        this.#pid = pid;
      },
    });
  }

  /** Holds the command still while this is done. */
  async meanwhile<Result>(work: () => Promise<Result>): Promise<Result> {
    process.kill(this.#pid!, 'SIGSTOP');
    try {
      return await work();
    } finally {
      process.kill(this.#pid!, 'SIGCONT');
    }
  }

  apply(env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return this.restow('apply', [this.planFile, '-o', 'json'], env);
  }

  resume(env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return this.restow('apply', ['--resume', this.runId, '-o', 'json'], env);
  }

  abort(): Promise<Outcome> {
    return this.restow('apply', ['--abort', this.runId, '-o', 'json']);
  }

  /** Until so many pods have been asked to go. */
  async moved(count: number): Promise<void> {
    await untilFound(async () => (this.watcher.deletedPods.size >= count ? true : null), `${count} pods have moved`);
  }

  records(): readonly JournalRecord[] {
    const text = readFileSync(this.#journal, 'utf8');
    // What is being written ends without a line's end.
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { record: JournalRecord }).record);
  }

  /** Nodes that the run has cordoned to empty them, so far. */
  get emptied(): readonly { readonly name: string; readonly uid: string }[] {
    const runs = join(this.#state, 'restow', 'runs');
    // Its folder is there before its journal.
    const hasBegun = existsSync(runs) && readdirSync(runs).some((run) => existsSync(join(runs, run, 'journal')));
    const records = hasBegun ? this.records() : [];
    const done = new Set(
      records.flatMap((record) => (record.type === 'acted' && record.outcome.ok ? [record.act] : [])),
    );
    return records.flatMap((record) =>
      record.type === 'begun' &&
      record.does.kind === 'cordon' &&
      record.does.purpose === 'empty' &&
      done.has(record.act)
        ? [record.does.node]
        : [],
    );
  }

  /** What went otherwise than planned. */
  history(): string {
    const telling = this.records().filter(
      (record) =>
        ['replanned', 'stopping', 'retargeted'].includes(record.type) ||
        (record.type === 'step' && record.state !== 'done'),
    );
    return telling.map((record) => JSON.stringify(record).slice(0, 600)).join('\n');
  }

  /** Nobody but the run has asked a pod to go, and it has counted every one. */
  expectCounted({ moves }: Account): void {
    const orders = this.records().flatMap((record) =>
      record.type === 'begun' && record.does.kind === 'move' ? [record.does.order] : [],
    );
    const moved = new Set(orders.map(({ pod }) => pod.uid));
    const surged = new Set(orders.flatMap(({ method, owner }) => (method === 'surge' ? [owner.uid] : [])));
    const deleted = [...this.watcher.deletedPods];
    const names = new Set(orders.map(({ pod }) => pod.name));
    // A surge that is withdrawn takes its second pod away again. And what plays the kubelets at times deletes a pod twice,
    // by its name alone, which the StatefulSet has given to another by then.
    const others = deleted.filter(
      ([uid, { owner, name }]) => !moved.has(uid) && !surged.has(owner) && !names.has(name),
    );
    expect(others, this.history()).toEqual([]);
    expect(deleted.filter(([uid]) => moved.has(uid)).length, this.history()).toBe(moves.made);
  }

  /** Nothing that must not be has been seen, every pod is ready, and no mark is left. */
  async expectWell(): Promise<void> {
    await this.watcher.close();
    expect(this.watcher.problems).toEqual([]);
    const { cluster } = this;
    await untilFound(async () => {
      const pods = await cluster.pods();
      return pods.length === cluster.workloads.pods && pods.every(isReady) ? true : null;
    }, 'all pods are ready');
    expect(marksOn(await cluster.nodes())).toEqual([]);
    for (const kind of ['nodeclaims', 'pods']) {
      expect(await cluster.controlPlane.kubectl(['get', kind, '-A', '-o', 'json'])).not.toMatch(
        /"restow\.dev\/(protected|surge)/,
      );
    }
  }

  #file(name: string, text: string): string {
    const file = join(this.#root, name);
    writeFileSync(file, text);
    return file;
  }

  get #state(): string {
    return join(this.#root, String(this.#number));
  }
}

export function accountOf({ stdout, stderr }: Outcome): Account {
  expect(stdout, stderr).toMatch(/^\{/);
  return (JSON.parse(stdout) as { account: Account }).account;
}
