import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Plan, type Policy, policySchema } from '@restow/model';
import { checkPlanFile } from './check-plan-file.ts';
import { type MethodRun, otherMethods } from './methods.ts';

const RESTOW = resolve(import.meta.dirname, '../../packages/cli/bin/restow.js');
/** The peak of resident memory is the child's own word, printed as it ends. */
const PEAK = `process.on('exit', () => process.stderr.write('\\nrss ' + process.resourceUsage().maxRSS))`;

/** Where spot is offered, pods may go there, as Karpenter lets them. */
export const POLICY: Policy = policySchema.parse({ pods: { capacityTypes: ['on-demand', 'spot'] } });

export interface Planned {
  readonly summary: Plan['summary'];
  readonly seconds: number;
  readonly rssMiB: number;
}

/** A cluster as `kubectl get` would print it, with its prices, to be planned as often as wanted. */
export class BenchCluster {
  readonly #folder: string;
  readonly #dump: string;
  readonly #prices: string;
  readonly #policyOfRuns: Policy;

  /** `dump`: what `kubectl get` printed; `prices`: as `--prices` takes them. */
  constructor(dump: string, prices: string, policy = POLICY, folder = mkdtempSync(join(tmpdir(), 'restow-bench-'))) {
    this.#folder = folder;
    this.#dump = dump;
    this.#prices = prices;
    this.#policyOfRuns = policy;
    writeFileSync(this.#policy, JSON.stringify(policy));
  }

  /** `file`: of the data folder's clusters, which has a script that makes a dump of it. */
  static ofData(clusters: string, file: string, policy = POLICY): BenchCluster {
    const folder = mkdtempSync(join(tmpdir(), 'restow-bench-'));
    execFileSync(process.execPath, [join(clusters, 'to-kubectl-dump.mjs'), join(clusters, file), folder]);
    return new BenchCluster(join(folder, 'dump.json.gz'), `file:${join(folder, 'prices.csv')}`, policy, folder);
  }

  /** Methods that are measured beside the command. */
  otherMethods(): AsyncGenerator<MethodRun> {
    return otherMethods(this.#dump, this.#prices, this.#policyOfRuns);
  }

  get #policy(): string {
    return join(this.#folder, 'policy.json');
  }

  /** Through the real command, in a process of its own; throws what the naive checker has against the plan. */
  plan(args: readonly string[]): Planned {
    const plan = join(this.#folder, 'plan.json');
    const started = performance.now();
    const { rssMiB } = this.#restow([...args, '--save', plan]);
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
    if (this.#prices.startsWith('file:')) {
      const wrong = checkPlanFile(this.#dump, this.#prices.slice('file:'.length), plan);
      if (wrong.length > 0) throw new Error(`${wrong.length} problems, first: ${wrong[0]}`);
    }
    const { summary } = JSON.parse(readFileSync(plan, 'utf8')) as Plan;
    return { summary, seconds, rssMiB };
  }

  /** Plans to choose from, from few moves to the cheapest. */
  frontier(args: readonly string[]): readonly Plan['summary'][] {
    const { stdout } = this.#restow([...args, '--frontier', '-o', 'json']);
    const { plans } = JSON.parse(stdout) as { readonly plans: readonly Plan[] };
    return plans.map(({ summary }) => summary);
  }

  #restow(args: readonly string[]): { readonly stdout: string; readonly rssMiB: number } {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [
        ...['--import', `data:text/javascript,${encodeURIComponent(PEAK)}`, RESTOW, 'plan'],
        ...['-f', this.#dump, '--prices', this.#prices, '--policy', this.#policy, ...args],
      ],
      { encoding: 'utf8', maxBuffer: 1 << 30 },
    );
    if (status !== 0) throw new Error(stderr);
    return { stdout, rssMiB: Math.round(Number(/rss (\d+)/.exec(stderr)?.[1]) / 1024) };
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
