import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Plan } from '@restow/model';
import { checkPlanFile } from './check-plan-file.ts';

const RESTOW = resolve(import.meta.dirname, '../../packages/cli/bin/restow.js');
/** The peak of resident memory is the child's own word, printed as it ends. */
const PEAK = `process.on('exit', () => process.stderr.write('\\nrss ' + process.resourceUsage().maxRSS))`;

export interface Planned {
  readonly summary: Plan['summary'];
  readonly seconds: number;
  readonly rssMiB: number;
}

/** A comparison cluster as `kubectl get` would print it, with its prices, to be planned as often as wanted. */
export class BenchCluster {
  readonly #folder: string;

  /** `file`: of the data folder's clusters. Where spot is offered, pods may go there, as Karpenter lets them. */
  constructor(clusters: string, file: string) {
    this.#folder = mkdtempSync(join(tmpdir(), 'restow-bench-'));
    const policy = { pods: { capacityTypes: ['on-demand', 'spot'] } };
    writeFileSync(this.#policy, JSON.stringify(policy));
    execFileSync(process.execPath, [join(clusters, 'to-kubectl-dump.mjs'), join(clusters, file), this.#folder]);
  }

  get #policy(): string {
    return join(this.#folder, 'policy.json');
  }

  /** Through the real command, in a process of its own; throws what the naive checker has against the plan. */
  plan(args: readonly string[]): Planned {
    const [dump, prices, plan] = ['dump.json.gz', 'prices.csv', 'plan.json'].map((name) => join(this.#folder, name));
    const command = [
      'plan',
      '-f',
      dump!,
      '--prices',
      `file:${prices}`,
      '--policy',
      this.#policy,
      '--save',
      plan!,
      ...args,
    ];
    const started = performance.now();
    const { stderr, status } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(PEAK)}`, RESTOW, ...command],
      { encoding: 'utf8', maxBuffer: 1 << 28 },
    );
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
    if (status !== 0) throw new Error(stderr);
    const wrong = checkPlanFile(dump!, prices!, plan!);
    if (wrong.length > 0) throw new Error(`${wrong.length} problems, first: ${wrong[0]}`);
    const { summary } = JSON.parse(readFileSync(plan!, 'utf8')) as Plan;
    return { summary, seconds, rssMiB: Math.round(Number(/rss (\d+)/.exec(stderr)?.[1]) / 1024) };
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
