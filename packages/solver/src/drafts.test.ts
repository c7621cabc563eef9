import { DEFAULT_POLICY, type Effort, type Plan, type Policy, planDigest, planSchema } from '@restow/model';
import { plainCluster } from '@restow/testkit';
import { expect, test } from 'vitest';
import { nothingFound } from './drafts.ts';
import { loadEngines } from './lp/engines.ts';
import { makePlan } from './make-plan.ts';

const engines = await loadEngines();

function planned(
  change: Partial<Policy>,
  onDraft: (plan: Plan) => void,
  effort: Effort = 'normal',
  isOver = () => false,
) {
  const policy = { ...DEFAULT_POLICY, movePrice: '0', ...change };
  const stop = () => (isOver() ? 'cancelled' : null);
  const context = { engines, now: () => 0, stop, onProgress: () => {}, onDraft };
  return makePlan({ ...plainCluster(120), policy, effort, seed: 1 }, context);
}

test.each([null, 30])('drafts get cheaper until they are the plan, with at most %s moves', (maxMoves) => {
  const drafts: Plan[] = [];
  const plan = planned({ maxMoves }, (draft) => drafts.push(draft));
  expect(drafts.length).toBeGreaterThan(1);
  let last = Number.POSITIVE_INFINITY;
  for (const draft of drafts) {
    const { status, microsPerHour, moves } = planSchema.parse(draft).summary;
    expect(status).toBe('cancelled');
    expect(draft.metadata.planDigest).toBe(planDigest(draft));
    expect(microsPerHour.after).toBeLessThan(last);
    expect(moves).toBeLessThanOrEqual(maxMoves ?? moves);
    last = microsPerHour.after;
  }
  expect(last).toBe(plan.summary.microsPerHour.after);
});

test('drafts of less effort say what was asked for', () => {
  const drafts: Plan[] = [];
  planned(
    {},
    (draft) => drafts.push(draft),
    'thorough',
    () => drafts.length > 0,
  );
  expect(drafts.map(({ metadata }) => metadata.effort)).toEqual(['thorough']);
});

test('while few instance types are chosen there are no drafts', () => {
  const drafts: Plan[] = [];
  planned({ launch: { ...DEFAULT_POLICY.launch, mostInstanceTypes: 1 } }, (draft) => drafts.push(draft));
  expect(drafts).toEqual([]);
});

test('where nothing was found, everything stays as it is', () => {
  const request = { ...plainCluster(120), policy: DEFAULT_POLICY, effort: 'quick' as const, seed: 1 };
  const draft = planSchema.parse(nothingFound(request, new Date(0)));
  const { before, after } = draft.summary.microsPerHour;
  expect(before).toBe(planned({}, () => {}, 'quick').summary.microsPerHour.before);
  expect(after).toBe(before);
  expect(draft.steps).toEqual([]);
  expect(draft.summary.status).toBe('cancelled');
});
