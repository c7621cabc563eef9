import type { Policy } from '@restow/model';
import { PriceLookup } from '@restow/pricing';
import { enginesOf, type LpEngines, loadEngines } from '@restow/solver';
import { compactRelaxation } from '../../packages/solver/src/bound/compact-relaxation.ts';
import { coveringOf } from '../../packages/solver/src/bound/covering.ts';
import { relax } from '../../packages/solver/src/bound/relax.ts';
import { buildProblem } from '../../packages/solver/src/problem/build-problem.ts';
import { coverageOf, coveredPrices } from '../../packages/solver/src/problem/coverage.ts';
import type { Problem } from '../../packages/solver/src/problem/problem.ts';
import { EFFORTS } from '../../packages/solver/src/search/effort.ts';
import { divedDesign, packAfresh } from '../../packages/solver/src/search/fresh.ts';
import { guideOf } from '../../packages/solver/src/search/guide.ts';
import { Packing } from '../../packages/solver/src/search/packing.ts';
import { Random } from '../../packages/solver/src/search/random.ts';
import { readCluster } from './read-cluster.ts';

/** With more pods the masters are too large for an engine that keeps them dense. */
const MOST_PODS_SMALL_ENGINE = 500;

export interface MethodRun {
  readonly method: string;
  /** null: it only bounds. */
  readonly microsPerHourAfter: number | null;
  readonly bound: number | null;
  readonly moves: number | null;
  readonly seconds: number;
}

/** What is measured beside restow's plans, on the same problem: packing by best value for the price, and a bound with each engine alone. */
export async function* otherMethods(dump: string, prices: string, policy: Policy): AsyncGenerator<MethodRun> {
  const problem = await problemOf(dump, prices, policy);
  const engines = await loadEngines();
  const { small, large } = engines;
  yield timed('best value per dollar', () => bestValuePerDollar(problem, engines));
  const pods = problem.classes.reduce((sum, podClass) => sum + podClass.pods.length, 0);
  for (const engine of pods <= MOST_PODS_SMALL_ENGINE ? [small, large] : [large]) {
    yield timed(`bound, ${engine.name}`, () => boundWith(problem, enginesOf(engine, engine)));
  }
}

const never = () => false;

type Found = Pick<MethodRun, 'microsPerHourAfter' | 'bound' | 'moves'>;

function timed(method: string, run: () => Found): MethodRun {
  const started = performance.now();
  const found = run();
  return { method, ...found, seconds: Number(((performance.now() - started) / 1000).toFixed(1)) };
}

async function problemOf(dump: string, prices: string, policy: Policy): Promise<Problem> {
  const { snapshot, book } = await readCluster(dump, prices);
  const lookup = new PriceLookup(book);
  return buildProblem(snapshot, book, coveredPrices(lookup, coverageOf(snapshot, book, lookup, policy)), policy);
}

/** Everything that may move is packed anew: whichever new node gives most worth for its price is next. */
function bestValuePerDollar(problem: Problem, engines: LpEngines): Found {
  const covering = coveringOf(problem);
  const { containers, rows } = covering;
  const { duals, rowDuals } = compactRelaxation(covering, engines, never);
  const withoutPatterns = {
    containers,
    rows,
    bound: 0,
    duals,
    rowDuals,
    uppers: new Float64Array(containers.length),
    patterns: [],
    isClosed: false,
  };
  const packing = new Packing(problem);
  const guide = guideOf(problem, withoutPatterns);
  const random = new Random(1);
  const design = divedDesign(problem, withoutPatterns, engines, random, 0, never);
  if (!packAfresh(packing, guide, design, random, false, never)) {
    return { microsPerHourAfter: null, bound: null, moves: null };
  }
  return { microsPerHourAfter: packing.microsPerHour, bound: null, moves: packing.moves };
}

function boundWith(problem: Problem, engines: LpEngines): Found {
  const { bound } = relax(coveringOf(problem), engines, EFFORTS.normal.relaxation, never, never);
  return { microsPerHourAfter: null, bound, moves: null };
}
